// A batch is protected by protecting it.
use arrow::array::RecordBatch;
use pii_core::batch::{Batch, Protected};
use pii_core::vocab::DatasetId;

fn forge(dataset: DatasetId, rows: RecordBatch, state: Protected) -> Batch<Protected> {
    Batch { dataset, rows, state }
}

fn main() {}
