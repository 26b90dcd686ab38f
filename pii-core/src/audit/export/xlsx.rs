use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::look::Found;
use super::row::{COLUMNS, Cell, cells, neutral};
use crate::audit::Error;

/// Office Open XML. Rows go to disk as they come; every text is a plain string, never a formula.
pub(super) struct Xlsx {
    workbook: Workbook,
    head: Format,
    /// Rows in the last sheet, without its head.
    rows: u32,
    path: PathBuf,
}

impl Xlsx {
    pub(super) fn new(path: &Path) -> Result<Self, Error> {
        let mut workbook = Workbook::new();
        // Rows wait in files without a name: beside the export, and not where everybody's lie.
        workbook.set_tempdir(path.parent().unwrap_or(path)).map_err(failed)?;
        let mut xlsx = Self { workbook, head: Format::new().set_bold(), rows: 0, path: path.to_owned() };
        xlsx.begin_sheet()?;
        Ok(xlsx)
    }

    pub(super) fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        if self.rows == ROWS_A_SHEET {
            self.begin_sheet()?;
        }
        self.rows += 1;
        let row = self.rows;
        let sheet = self.sheet()?;
        for (column, cell) in (0u16..).zip(cells(found)?) {
            match cell {
                Cell::Empty => {}
                Cell::Number(number) if number <= EXACT => {
                    sheet.write_number(row, column, number as f64).map_err(failed)?;
                }
                Cell::Number(number) => write(sheet, row, column, &number.to_string())?,
                Cell::Text(text) => write(sheet, row, column, &neutral(text))?,
            }
        }
        Ok(())
    }

    pub(super) fn close(mut self) -> Result<(), Error> {
        self.workbook.save(&self.path).map_err(failed)
    }

    fn begin_sheet(&mut self) -> Result<(), Error> {
        self.rows = 0;
        let sheet = self.workbook.add_worksheet_with_constant_memory();
        for (column, name) in (0u16..).zip(COLUMNS) {
            sheet.write_string_with_format(0, column, name, &self.head).map_err(failed)?;
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        Ok(())
    }

    fn sheet(&mut self) -> Result<&mut Worksheet, Error> {
        let last = self.workbook.worksheets().len().saturating_sub(1);
        self.workbook.worksheet_from_index(last).map_err(failed)
    }
}

/// A cell holds 32,767 characters; what is longer is cut and says so. The evidence has it whole.
fn write(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), Error> {
    let text = if text.chars().count() <= MOST_CHARACTERS {
        text.to_owned()
    } else {
        text.chars().take(MOST_CHARACTERS - CUT.len()).chain(CUT.chars()).collect()
    };
    sheet.write_string(row, column, text).map_err(failed)?;
    Ok(())
}

fn failed(error: XlsxError) -> Error {
    Error::View { file: "entries.xlsx", why: error.to_string() }
}

const ROWS_A_SHEET: u32 = 1_000_000;
/// The largest number up to which a cell holds every one.
const EXACT: u64 = 1 << 53;
const MOST_CHARACTERS: usize = 32_767;
const CUT: &str = " [cut]";
