use super::bounds::{self, Bounds};
use super::chunk::{Made, Said, State, Surgery};
use super::index::Columns;

impl Surgery<'_> {
    /// The column index; `None` if there was none, or a page has values that cannot be compared.
    pub(super) fn columns(&self, state: &State<'_>, made: &[Made]) -> Option<Columns> {
        let old = state.columns.as_ref()?;
        let pages = old.empty.len().max(1);
        let mut new = Columns { order: old.order, ..Columns::default() };
        new.nulls = old.nulls.as_ref().map(|_| Vec::new());
        new.repetition = old.repetition.as_ref().map(|_| Vec::new());
        new.definition = old.definition.as_ref().map(|_| Vec::new());
        for page in made {
            let said = page.new.as_ref();
            let (empty, least, greatest) = match said {
                Some(said) if said.empty => (true, Vec::new(), Vec::new()),
                Some(Said { bounds: Some(bounds), .. }) => {
                    let bounds = bounds.clone()?;
                    (false, bounds.least, bounds.greatest)
                }
                _ => (*old.empty.get(page.was)?, old.least.get(page.was)?.clone(), old.greatest.get(page.was)?.clone()),
            };
            new.empty.push(empty);
            new.least.push(least);
            new.greatest.push(greatest);
            if let Some((to, from)) = new.nulls.as_mut().zip(old.nulls.as_ref()) {
                to.push(said.map_or(*from.get(page.was)?, |said| said.nulls));
            }
            for (to, from, said) in [
                (&mut new.repetition, &old.repetition, said.map(|said| &said.repetition)),
                (&mut new.definition, &old.definition, said.map(|said| &said.definition)),
            ] {
                let Some((to, from)) = to.as_mut().zip(from.as_ref()) else { continue };
                let size = from.len() / pages;
                match said {
                    Some(said) if said.len() == size => to.extend(said),
                    Some(_) => return None,
                    None => to.extend(from.get(page.was * size..(page.was + 1) * size)?),
                }
            }
        }
        if !self.keeps_order(&new) {
            new.order = 0;
        }
        Some(new)
    }

    /// Whether bounds ascend, or descend, as the index says.
    fn keeps_order(&self, index: &Columns) -> bool {
        let wrong = match index.order {
            1 => std::cmp::Ordering::Greater,
            2 => std::cmp::Ordering::Less,
            _ => return true,
        };
        let pages = || index.empty.iter().enumerate().filter(|(_, empty)| !**empty).map(|(at, _)| at);
        [&index.least, &index.greatest].into_iter().all(|bounds| {
            pages().zip(pages().skip(1)).all(|(one, next)| match (bounds.get(one), bounds.get(next)) {
                (Some(one), Some(next)) => self.kind.order.compare(one, next).is_some_and(|order| order != wrong),
                _ => false,
            })
        })
    }

    /// The statistics of the chunk; `found` are the bounds of all its values, where somebody looked.
    pub(super) fn finish_statistics(&self, state: &mut State<'_>, found: Option<Bounds>) {
        let Some(old) = self.column.statistics() else { return };
        let bounds = match &state.stated {
            None => None,
            Some(stated) if !state.stale => Some(stated.clone()),
            Some(_) => match (&state.columns, &state.remade.columns) {
                (Some(_), Some(columns)) => {
                    let fixed = self.kind.width > 0;
                    let pages = columns.empty.iter().zip(columns.least.iter().zip(&columns.greatest));
                    let ends: Vec<&[u8]> = pages
                        .filter(|(empty, _)| !**empty)
                        .flat_map(|(_, (least, greatest))| [least.as_slice(), greatest.as_slice()])
                        .collect();
                    Bounds::of(self.kind.order, ends).map(|bounds| Bounds { exact: fixed, ..bounds })
                }
                (Some(_), None) => None,
                (None, _) => found.map(|bounds| bounds.shortened(self.kind)),
            },
        };
        let nulls = old.null_count_opt().map(|nulls| nulls.saturating_add_signed(-state.remade.tally.nulls));
        state.remade.statistics = Some(bounds::statistics(self.kind, bounds.as_ref(), nulls, old));
    }
}
