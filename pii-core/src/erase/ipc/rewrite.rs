use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter_record_batch, take};
use arrow::datatypes::{Field, Schema as Arrow};
use arrow::error::ArrowError;

use super::dictionary::{Dictionaries, Order, Remaking, each_in, mark};
use super::layout::{Kind, Layout, Message};
use super::{File, Input, IpcEraser, damaged, unreadable};
use crate::erase::columns::{Change, Wanted, tidy};
use crate::erase::{Action, Error, Hits, Output, Rewritten};

/// A rewriting, and what it knows of the dictionaries.
struct Rewriting<'i> {
    file: File<'i>,
    change: Change,
    dictionaries: Dictionaries,
    remaking: HashMap<usize, Remaking>,
    orders: HashMap<usize, Order>,
    /// By message: the rows of a batch that were found.
    hits: HashMap<usize, BooleanBuffer>,
    /// All columns, by number.
    columns: Vec<usize>,
}

pub(super) fn rewrite(
    eraser: &IpcEraser,
    input: &dyn Input,
    hits: &Hits,
    action: &Action,
    output: &mut dyn Output,
) -> Result<Rewritten, Error> {
    let layout = Layout::read(input)?;
    let file = File { input, layout: &layout };
    let change = Change::new(action, layout.schema.table(), &eraser.key).map_err(|fault| fault.of(input.name()))?;
    let mut first = 0;
    let mut marks = HashMap::new();
    for (at, message) in layout.messages.iter().enumerate() {
        let Kind::Batch { rows } = message.kind else { continue };
        let hit = hits.hit.within(first..first + rows);
        first += rows;
        if !hit.is_empty() {
            let mut all = vec![false; usize::try_from(rows).unwrap_or_default()];
            hit.iter().for_each(|row| all.get_mut(row as usize).into_iter().for_each(|mark| *mark = true));
            marks.insert(at, BooleanBuffer::from(all));
        }
    }
    if first != hits.rows {
        let why = "it has other rows than when it was searched".to_owned();
        return Err(Error::Impossible { file: input.name().to_owned(), why });
    }
    let mut rewriting = Rewriting {
        dictionaries: Dictionaries::of(file)?,
        columns: (0..layout.schema.full.fields().len()).collect(),
        file,
        change,
        remaking: HashMap::new(),
        orders: HashMap::new(),
        hits: marks,
    };
    if !rewriting.hits.is_empty() {
        rewriting.settle(eraser)?;
    }
    let mut done = rewriting.write(output)?;
    done.erased = hits.hit.count();
    done.rows = match action {
        Action::DeleteRow => hits.rows - done.erased,
        _ => hits.rows,
    };
    Ok(done)
}

impl Rewriting<'_> {
    /// Finds the entries that nobody uses once the rows have changed, of those that the rows used before, or that are
    /// looked for themselves.
    fn settle(&mut self, eraser: &IpcEraser) -> Result<(), Error> {
        let mut doubted: HashMap<usize, Vec<bool>> = HashMap::new();
        for (at, message) in self.file.layout.messages.iter().enumerate() {
            let Some(hit) = self.hits.get(&at).filter(|_| !self.file.layout.schema.coded.is_empty()) else { continue };
            let failed = |error: ArrowError| unreadable(self.file.input, message.range.start, &error);
            let batch = self.file.batch(message, None)?;
            let of_hits = filter_record_batch(&batch, &BooleanArray::from(hit.clone())).map_err(failed)?;
            self.count(at, &of_hits, &self.columns, &mut doubted).map_err(failed)?;
        }
        let wanted = Wanted::new(self.file.layout.schema.table(), &eraser.column, &eraser.values)
            .map_err(|fault| fault.of(self.file.input.name()))?;
        for (epoch, entries) in self.dictionaries.matching(self.file, &wanted)? {
            let doubted = doubted.entry(epoch).or_default();
            doubted.resize(doubted.len().max(entries.len()), false);
            doubted.iter_mut().zip(entries).for_each(|(doubt, entry)| *doubt |= entry);
        }
        for epoch in doubted.keys() {
            let (entries, sizes) = self.dictionaries.entries(self.file, *epoch)?;
            let id = self.dictionaries.epochs.get(*epoch).map(|epoch| epoch.id);
            let ordered = self.file.layout.schema.all_codes().any(|code| Some(code.id) == id && code.ordered);
            let remaking =
                Remaking::new(entries, sizes, ordered).map_err(|error| unreadable(self.file.input, 0, &error))?;
            self.remaking.insert(*epoch, remaking);
        }
        let mut used: HashMap<usize, Vec<bool>> = HashMap::new();
        for (at, message) in self.file.layout.messages.iter().enumerate() {
            if doubted.is_empty() || !matches!(message.kind, Kind::Batch { .. }) {
                continue;
            }
            let failed = |error: ArrowError| unreadable(self.file.input, message.range.start, &error);
            let hit = self.hits.get(&at).cloned();
            match hit {
                Some(hit) => {
                    let batch = self.file.batch(message, None)?;
                    let changed = self.changed(at, &batch, &hit)?;
                    self.count(at, &changed, &self.columns, &mut used).map_err(failed)?;
                }
                None => {
                    let coded = &self.file.layout.schema.coded;
                    let batch = self.file.batch(message, Some(coded))?;
                    self.count(at, &batch, coded, &mut used).map_err(failed)?;
                }
            }
        }
        for (epoch, remaking) in &self.remaking {
            let used = used.get(epoch).map_or(&[][..], Vec::as_slice);
            let mut gone = doubted.remove(epoch).unwrap_or_default();
            gone.iter_mut().enumerate().for_each(|(at, gone)| *gone &= used.get(at) != Some(&true));
            let order = remaking.without(&gone);
            if !order.is_as_before(remaking.before()) {
                self.orders.insert(*epoch, order);
            }
        }
        Ok(())
    }

    /// Marks the entries that the codes of a batch use.
    fn count(
        &self,
        at: usize,
        batch: &RecordBatch,
        columns: &[usize],
        used: &mut HashMap<usize, Vec<bool>>,
    ) -> Result<(), ArrowError> {
        each_in(self.file, batch, columns, &mut |code, codes| {
            if let Some(epoch) = self.dictionaries.in_force(code.id, at) {
                mark(codes, used.entry(epoch).or_default())?;
            }
            Ok(Arc::clone(codes))
        })?;
        Ok(())
    }

    /// A batch as the action makes it, under the old codes.
    fn changed(&mut self, at: usize, batch: &RecordBatch, hit: &BooleanBuffer) -> Result<RecordBatch, Error> {
        let (dictionaries, remaking) = (&self.dictionaries, &mut self.remaking);
        let mut full = false;
        let changed = self.change.apply(batch, hit, &mut |code, deed, codes, marks| match dictionaries
            .in_force(code.id, at)
            .and_then(|epoch| remaking.get_mut(&epoch))
        {
            Some(remaking) => remaking.recode(deed, codes, marks).inspect_err(|_| full = true),
            None => Ok(Arc::clone(codes)),
        });
        match changed {
            Err(_) if full => {
                let why = "a dictionary has no room for another entry".to_owned();
                Err(Error::Impossible { file: self.file.input.name().to_owned(), why })
            }
            changed => {
                let begin = self.file.layout.messages.get(at).map_or(0, |message| message.range.start);
                changed.map_err(|error| unreadable(self.file.input, begin, &error))
            }
        }
    }

    /// Writes all messages, and what lies between them.
    fn write(mut self, output: &mut dyn Output) -> Result<Rewritten, Error> {
        let layout = self.file.layout;
        let mut done = Rewritten::default();
        let (mut at, mut waiting) = (0, 0..0);
        let mut footer = layout.footer.as_ref().map(|footer| footer.bytes.clone());
        for (place, message) in layout.messages.iter().enumerate() {
            keep(output, &mut waiting, at..message.range.start, &mut done)?;
            let begin = output.position() + (waiting.end - waiting.start);
            let made = match message.kind {
                Kind::Batch { .. } => self.batch(place, message, &mut done)?,
                Kind::Dictionary { .. } => self.part(place, message, &mut done)?,
            };
            let block = match &made {
                None => {
                    keep(output, &mut waiting, message.range.clone(), &mut done)?;
                    (message.head, message.range.end - message.range.start - message.head)
                }
                Some(bytes) => {
                    flush(output, &mut waiting, &mut done)?;
                    output.write(bytes)?;
                    done.made += bytes.len() as u64;
                    let head = head(bytes);
                    (head, bytes.len() as u64 - head)
                }
            };
            if let Some(footer) = &mut footer {
                let new = [&begin.to_le_bytes()[..], &(block.0 as u32).to_le_bytes(), &[0; 4], &block.1.to_le_bytes()]
                    .concat();
                let range = message.block..message.block + new.len();
                let place =
                    footer.get_mut(range).ok_or_else(|| damaged(self.file.input, "its footer cannot be read"))?;
                place.copy_from_slice(&new);
            }
            at = message.range.end;
        }
        keep(output, &mut waiting, at..layout.footer.as_ref().map_or(layout.len, |footer| footer.at), &mut done)?;
        flush(output, &mut waiting, &mut done)?;
        if let Some(footer) = footer {
            output.write(&footer)?;
            done.made += footer.len() as u64;
        }
        Ok(done)
    }

    /// A batch, if it is to be made anew.
    fn batch(&mut self, at: usize, message: &Message, done: &mut Rewritten) -> Result<Option<Vec<u8>>, Error> {
        let failed = |error: ArrowError| unreadable(self.file.input, message.range.start, &error);
        let hit = self.hits.get(&at).cloned();
        let coded = &self.file.layout.schema.coded;
        if hit.is_none() {
            if self.orders.is_empty() {
                return Ok(None);
            }
            let mut moves = false;
            let batch = self.file.batch(message, Some(coded))?;
            each_in(self.file, &batch, coded, &mut |code, codes| {
                if let Some(order) = self.order(code.id, at) {
                    moves |= order.moves(codes)?;
                }
                Ok(Arc::clone(codes))
            })
            .map_err(failed)?;
            if !moves {
                return Ok(None);
            }
        }
        let mut batch = self.file.batch(message, None)?;
        if let Some(hit) = hit {
            batch = self.changed(at, &batch, &hit)?;
        }
        let columns = each_in(self.file, &batch, &self.columns, &mut |code, codes| match self.order(code.id, at) {
            Some(order) => order.apply(codes),
            None => Ok(Arc::clone(codes)),
        });
        let columns = columns.map_err(failed)?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(batch.schema(), columns, &options).map_err(failed)?;
        let batch = tidy(&batch).map_err(failed)?;
        done.reencoded += size(&batch);
        self.file.encode(&batch, message).map(Some)
    }

    fn order(&self, id: i64, at: usize) -> Option<&Order> {
        self.orders.get(&self.dictionaries.in_force(id, at)?)
    }

    /// A part of a dictionary, if it is to be made anew.
    fn part(&self, at: usize, message: &Message, done: &mut Rewritten) -> Result<Option<Vec<u8>>, Error> {
        let failed = |error: ArrowError| unreadable(self.file.input, message.range.start, &error);
        let epochs = self.dictionaries.epochs.iter().enumerate();
        let found =
            epochs.filter_map(|(epoch, of)| Some((epoch, of.parts.iter().position(|part| *part == at)?))).next();
        let Some((epoch, part)) = found else { return Ok(None) };
        let (Some(order), Some(remaking)) = (self.orders.get(&epoch), self.remaking.get(&epoch)) else {
            return Ok(None);
        };
        let begin: usize = remaking.sizes.iter().take(part).sum();
        let end = begin + remaking.sizes.get(part).copied().unwrap_or_default();
        let last = part + 1 == remaking.sizes.len();
        // The last part takes what is new.
        let range =
            begin.min(order.entries.len())..if last { order.entries.len() } else { end.min(order.entries.len()) };
        let entries = order.entries.get(range).unwrap_or_default();
        if entries.iter().copied().eq((begin..end).map(|at| at as u64)) {
            return Ok(None);
        }
        let values: ArrayRef = take(&remaking.entries, &UInt64Array::from(entries.to_vec()), None).map_err(failed)?;
        let field = Field::new("entry", values.data_type().clone(), true);
        let batch = RecordBatch::try_new(Arc::new(Arrow::new(vec![field])), vec![values]).map_err(failed)?;
        let batch = tidy(&batch).map_err(failed)?;
        done.reencoded += size(&batch);
        self.file.encode(&batch, message).map(Some)
    }
}

/// Ranges that touch each other are asked for as one.
fn keep(
    output: &mut dyn Output,
    waiting: &mut Range<u64>,
    range: Range<u64>,
    done: &mut Rewritten,
) -> Result<(), Error> {
    if waiting.end != range.start {
        flush(output, waiting, done)?;
        *waiting = range.start..range.start;
    }
    waiting.end = range.end;
    Ok(())
}

fn flush(output: &mut dyn Output, waiting: &mut Range<u64>, done: &mut Rewritten) -> Result<(), Error> {
    let range = std::mem::replace(waiting, 0..0);
    if range.is_empty() {
        return Ok(());
    }
    done.copied += range.end - range.start;
    output.copy(range)
}

/// How many bytes of a message are prefix and metadata.
fn head(message: &[u8]) -> u64 {
    let size = message.get(4..).and_then(|bytes| bytes.first_chunk()).map_or(0, |size| u32::from_le_bytes(*size));
    8 + u64::from(size)
}

fn size(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0) as u64).sum()
}
