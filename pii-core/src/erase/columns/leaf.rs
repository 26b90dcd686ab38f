use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Fields};

use super::Fault;

/// The columns of a table.
#[derive(Clone, Copy)]
pub(in crate::erase) struct Table<'t> {
    pub(in crate::erase) fields: &'t Fields,
    /// Of each column, its dictionaries, depth first.
    pub(in crate::erase) codes: &'t [Vec<Code>],
}

/// A column of dictionary codes.
#[derive(Clone)]
pub(in crate::erase) struct Code {
    pub(in crate::erase) id: i64,
    /// Whether the order of its entries says something.
    pub(in crate::erase) ordered: bool,
    /// What an entry is.
    pub(in crate::erase) entry: FieldRef,
}

/// A step on the way to what a dotted path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::erase) enum Step {
    Child(usize),
    Items,
}

/// What a dotted path names.
#[derive(Clone)]
pub(in crate::erase) struct Leaf {
    pub(in crate::erase) root: usize,
    pub(in crate::erase) steps: Vec<Step>,
    pub(in crate::erase) field: FieldRef,
    pub(in crate::erase) code: Option<Code>,
}

impl Table<'_> {
    /// What stands under this dotted path, leaf by leaf. A list is named by its own path or by that of its elements.
    pub(in crate::erase) fn leaves(&self, path: &str) -> Result<Vec<Leaf>, Fault> {
        let mut leaves = Vec::new();
        for (root, field) in self.fields.iter().enumerate() {
            let Some(rest) = below(path, field.name()) else { continue };
            let mut walk =
                Walk { root, codes: self.codes.get(root).map_or(&[][..], Vec::as_slice).iter(), leaves: &mut leaves };
            walk.down(field, rest, &mut Vec::new())?;
        }
        if leaves.is_empty() { Err(Fault::NoColumn(path.to_owned())) } else { Ok(leaves) }
    }
}

struct Walk<'s> {
    root: usize,
    codes: std::slice::Iter<'s, Code>,
    leaves: &'s mut Vec<Leaf>,
}

impl Walk<'_> {
    /// `rest`: what is left of the path; nothing left: all that is here.
    fn down(&mut self, field: &FieldRef, rest: Rest<'_>, steps: &mut Vec<Step>) -> Result<(), Fault> {
        match field.data_type() {
            DataType::Dictionary(..) => {
                let code = self.codes.next().cloned();
                if rest == Rest::Here {
                    self.leaves.push(Leaf { root: self.root, steps: steps.clone(), field: Arc::clone(field), code });
                }
                Ok(())
            }
            DataType::Struct(fields) => fields.iter().enumerate().try_for_each(|(at, child)| {
                let rest = match rest {
                    Rest::Below(path) => below(path, child.name()).unwrap_or(Rest::Skip),
                    other => other,
                };
                self.step(Step::Child(at), child, rest, steps)
            }),
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                let named = |path| below(path, item.name());
                let rest = match rest {
                    // As Parquet names the elements: `tags.list.element`.
                    Rest::Below(path) => match path.strip_prefix("list.").and_then(named).or_else(|| named(path)) {
                        Some(rest) => rest,
                        None => rest,
                    },
                    other => other,
                };
                self.step(Step::Items, item, rest, steps)
            }
            other if rest == Rest::Here && other.is_nested() => {
                Err(Fault::Unsupported(format!("the type {} for a column", name(other))))
            }
            other if other.is_nested() => {
                children(other).into_iter().try_for_each(|child| self.step(Step::Items, child, Rest::Skip, steps))
            }
            _ if rest == Rest::Here => {
                let leaf = Leaf { root: self.root, steps: steps.clone(), field: Arc::clone(field), code: None };
                self.leaves.push(leaf);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn step(&mut self, step: Step, field: &FieldRef, rest: Rest<'_>, steps: &mut Vec<Step>) -> Result<(), Fault> {
        steps.push(step);
        self.down(field, rest, steps)?;
        steps.pop();
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest<'p> {
    Here,
    Below(&'p str),
    /// Another's: dictionaries are counted, and nothing is taken.
    Skip,
}

/// What is left of a path behind `name`; `None` if it is another's.
fn below<'p>(path: &'p str, name: &str) -> Option<Rest<'p>> {
    match path.strip_prefix(name)? {
        "" => Some(Rest::Here),
        rest => rest.strip_prefix('.').map(Rest::Below),
    }
}

/// The fields below a type, in the order of their arrays.
pub(in crate::erase) fn children(kind: &DataType) -> Vec<&FieldRef> {
    match kind {
        DataType::Struct(fields) => fields.iter().collect(),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _) => vec![item],
        DataType::RunEndEncoded(ends, values) => vec![ends, values],
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field).collect(),
        _ => Vec::new(),
    }
}

/// The name of a type, without those of its fields.
pub(in crate::erase) fn name(kind: &DataType) -> String {
    let text = format!("{kind:?}");
    text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
