use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(global: &Global, ui: Ui) -> Result<Exit, Error> {
    let datasets = global.site()?.catalog()?.datasets()?;
    datasets.iter().for_each(|d| ui.record("dataset", d));
    let rows: Vec<[String; 4]> = datasets
        .into_iter()
        .map(|d| [d.id, d.rows.to_string(), d.last_seen.strftime("%F %H:%MZ").to_string(), d.location])
        .collect();
    ui.table(["dataset", "rows", "last seen", "from"], &rows);
    Ok(Exit::Done)
}
