use std::borrow::Borrow;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::clock::Clock;
use crate::clock::SystemClock;

use super::disk::{Disk, Written};
use super::entry::MAX_BYTES;
use super::events::Events;
use super::layout::Layout;
use super::{Error, Event, Hash, Signer};

/// An open log. Threads share it by reference; processes share its folder.
pub struct AuditLog {
    settings: Settings,
    host: String,
    pub(super) origin: String,
    /// Events that wait for the flush that is running to end.
    queue: Mutex<Batch>,
    pub(super) state: Mutex<State>,
}

/// What only one thread at a time may touch.
pub(super) struct State {
    pub(super) disk: Disk,
    pub(super) signer: Signer,
}

/// How a log is written.
#[derive(Clone)]
pub struct Settings {
    /// The name of this host, for the entries.
    pub host: String,
    /// The time, for the entries.
    pub clock: Arc<dyn Clock>,
    /// When a segment has this many bytes, the next one begins.
    pub segment_bytes: u64,
}

impl Settings {
    /// The system's clock, and segments of 64 MiB.
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into(), clock: Arc::new(SystemClock), segment_bytes: 64 << 20 }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, clock: _, segment_bytes } = self;
        f.debug_struct("Settings").field("host", host).field("segment_bytes", segment_bytes).finish_non_exhaustive()
    }
}

/// Proof that an event is in the log, on disk. Only [`AuditLog::append`] makes one.
///
/// Whatever releases or destroys personal data asks for it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what was recorded is now to be done"]
pub struct Receipt {
    index: u64,
    leaf: Hash,
}

impl Receipt {
    /// The number of the entry.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The RFC 6962 leaf hash of the entry.
    pub fn leaf(&self) -> Hash {
        self.leaf
    }
}

/// Events that go to disk with one flush, and whoever waits for them.
#[derive(Default)]
struct Batch {
    events: Events,
    written: Arc<OnceLock<Result<Written, Error>>>,
}

impl AuditLog {
    /// Opens the log in `dir`. What a writer that died left unfinished is cut; anything else that is not
    /// as it was written is refused.
    ///
    /// # Errors
    /// [`Error::NotALog`], [`Error::Damaged`], [`Error::RolledBack`], [`Error::Newer`], [`Error::Io`];
    /// [`Error::WrongOrigin`] and [`Error::UnknownKey`] for a signer that is not this log's.
    pub fn open(dir: &Path, signer: Signer, settings: Settings) -> Result<Self, Error> {
        let layout = Layout::new(dir);
        let origin = layout.origin()?;
        let key = signer.verifier();
        if key.name() != origin {
            return Err(Error::WrongOrigin { key: key.name().to_owned(), log: origin });
        }
        if !layout.keys()?.contains(key) {
            return Err(Error::UnknownKey { id: key.id() });
        }
        let host = serde_json::to_string(&settings.host).map_err(|error| Error::Json(Arc::new(error)))?;
        let state = Mutex::new(State { disk: Disk::open(layout)?, signer });
        Ok(Self { settings, host, origin, queue: Mutex::default(), state })
    }

    /// Appends an event, and returns when it is on disk.
    ///
    /// Callers that come while a flush runs go to disk together with the next one.
    ///
    /// # Errors
    /// [`Error::Poisoned`] after any failed flush: then nothing that needs a receipt may happen.
    /// [`Error::TooLarge`], [`Error::Damaged`], [`Error::Io`].
    pub fn append(&self, event: &Event) -> Result<Receipt, Error> {
        let receipts = self.append_all([event])?;
        receipts.into_iter().next().ok_or_else(lost)
    }

    /// Appends events that follow each other, with one flush. They are taken one by one: many need not be in memory
    /// at once.
    ///
    /// # Errors
    /// As [`AuditLog::append`].
    pub fn append_all(&self, events: impl IntoIterator<Item = impl Borrow<Event>>) -> Result<Vec<Receipt>, Error> {
        let events = self.encode(events)?;
        let count = events.len();
        if count == 0 {
            return Ok(Vec::new());
        }
        let (start, written) = {
            let mut queue = held(&self.queue);
            let start = queue.events.len();
            queue.events.append(events);
            (start, Arc::clone(&queue.written))
        };
        // Whoever opens a batch leads it: waits until the flush before has ended, while others join, and
        // then writes for all. The others wait on their own batch alone, so nobody is woken in vain.
        if start == 0 {
            self.flush();
        }
        let Written { first, leaves } = written.wait().as_ref().map_err(Error::clone)?;
        let mine = leaves.iter().skip(start).take(count);
        Ok((first + start as u64..).zip(mine).map(|(index, leaf)| Receipt { index, leaf: *leaf }).collect())
    }

    fn flush(&self) {
        let mut state = held(&self.state);
        let Batch { events, written } = std::mem::take(&mut *held(&self.queue));
        let promise = Promise(written);
        let now = self.settings.clock.now();
        let result = state.disk.exclusively(|disk| disk.append(&events, &self.host, now, self.settings.segment_bytes));
        // Told before the next leader may begin, so that those who come again at once still go with it.
        promise.keep(result);
        drop(state);
    }

    fn encode(&self, events: impl IntoIterator<Item = impl Borrow<Event>>) -> Result<Events, Error> {
        let limit = MAX_BYTES.saturating_sub(self.host.len() + HEAD_BYTES);
        let events = events.into_iter();
        let mut encoded = Events::for_about(events.size_hint().0);
        for event in events {
            let bytes = encoded.push(event.borrow())?;
            if bytes > limit {
                return Err(Error::TooLarge { bytes, limit });
            }
        }
        Ok(encoded)
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        // Zeros at the end harm nobody: whoever opens the log next gives them back.
        let _ = held(&self.state).disk.close();
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditLog({})", self.origin)
    }
}

/// Answers those who wait even if the thread that writes for them panics.
struct Promise(Arc<OnceLock<Result<Written, Error>>>);

impl Promise {
    fn keep(self, result: Result<Written, Error>) {
        // Only the leader of a batch answers it, once.
        let _ = self.0.set(result);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        let _ = self.0.set(Err(lost()));
    }
}

/// A panic while holding these leaves them usable: the queue is only ever extended or taken whole, and the
/// disk is read again before each write.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lost() -> Error {
    Error::Poisoned { why: "the thread that wrote for others has died".to_owned() }
}

/// More than the version, the number, the time and the punctuation of an entry take.
const HEAD_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::samples::{empty, event, fill, open, settings, signer, verdict};
    use crate::audit::{Range, Verdict, read};

    #[test]
    fn a_receipt_names_the_entry_and_its_hash() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 2);
        let receipt = log.append(&event(2)).unwrap();
        assert_eq!(receipt.index(), 2);
        let mut tree = Range::default();
        let text = std::fs::read(dir.join("seg/000000000000.seg")).unwrap();
        let mut rest = &text[24..];
        let mut last = None;
        while let crate::audit::frame::Frame::Whole(payload, next) = crate::audit::frame::read(rest) {
            last = Some(crate::audit::leaf_hash(payload));
            tree.push(crate::audit::leaf_hash(payload));
            rest = next;
        }
        assert_eq!(Some(receipt.leaf()), last);
        assert_eq!(log.checkpoint().unwrap().root(), tree.root());
    }

    #[test]
    fn many_threads_share_a_log_and_each_finds_its_entry() {
        let (_home, dir, log) = empty();
        let mut found: Vec<(u64, u64)> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..64)
                .map(|thread| {
                    let log = &log;
                    scope.spawn(move || {
                        let append = |n| (log.append(&event(n)).unwrap().index(), n);
                        let mine: Vec<_> = (0..20).map(|n| append(thread * 100 + n)).collect();
                        assert!(mine.is_sorted(), "what one thread appends stays in order");
                        mine
                    })
                })
                .collect();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        });
        found.sort_unstable();
        let stored: Vec<_> = read(&dir).unwrap().map(|e| e.map(|(i, e)| (i, e.event.rows.unwrap())).unwrap()).collect();
        assert_eq!(stored, found);
        assert_eq!(stored.len(), 64 * 20);
        log.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
    }

    #[test]
    fn two_processes_append_to_one_log() {
        let (_home, dir, one) = empty();
        let two = open(&dir);
        std::thread::scope(|scope| {
            for log in [&one, &two] {
                scope.spawn(move || (0..300).for_each(|n| drop(log.append(&event(n)).unwrap())));
            }
        });
        one.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
        assert_eq!(read(&dir).unwrap().count(), 600);
    }

    #[test]
    fn segments_roll_and_a_second_process_follows() {
        let (_home, dir, log) = empty();
        drop(log);
        let small = || Settings { segment_bytes: 2_000, ..settings() };
        let one = AuditLog::open(&dir, signer(), small()).unwrap();
        let two = AuditLog::open(&dir, signer(), small()).unwrap();
        (0..200).for_each(|n| fill(if n % 3 == 0 { &one } else { &two }, n, n + 1));
        assert!(std::fs::read_dir(dir.join("seg")).unwrap().count() > 5);
        two.checkpoint().unwrap();
        fill(&one, 200, 400);
        one.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
        drop((one, two));
        fill(&open(&dir), 400, 700);
        let rows: Vec<_> = read(&dir).unwrap().map(|entry| entry.unwrap().1.event.rows.unwrap()).collect();
        assert_eq!(rows, (0..700).collect::<Vec<_>>());
    }

    #[test]
    fn the_clock_never_runs_backwards_in_the_log() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 1);
        drop(log);
        let early = crate::clock::FixedClock("2020-01-01T00:00:00Z".parse().unwrap());
        let log = AuditLog::open(&dir, signer(), Settings { clock: Arc::new(early), ..settings() }).unwrap();
        fill(&log, 1, 2);
        let times: Vec<_> = read(&dir).unwrap().map(|entry| entry.unwrap().1.time).collect();
        assert!(times[0] < times[1]);
    }

    #[test]
    fn another_logs_key_is_refused() {
        let (_home, dir, _log) = empty();
        let stranger = Signer::from_seed("other.example/audit", &[7; 32]).unwrap();
        assert!(matches!(AuditLog::open(&dir, stranger, settings()), Err(Error::WrongOrigin { .. })));
        let again = AuditLog::create(&dir, signer(), settings());
        assert!(matches!(again, Err(Error::NotEmpty { .. })));
    }

    #[test]
    fn an_event_too_large_is_refused_and_harms_nobody() {
        let (_home, dir, log) = empty();
        let large = event(0).with_columns(["x".repeat(70_000)]);
        assert!(matches!(log.append(&large), Err(Error::TooLarge { .. })));
        fill(&log, 0, 1);
        log.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
    }
}
