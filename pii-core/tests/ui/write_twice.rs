// A batch leaves once.
use pii_core::batch::{Batch, Protected};
use pii_core::outbound::Writer;
use pii_core::store::TableWriter;

fn twice(writer: &mut Writer<'_, TableWriter>, batch: Batch<Protected>) {
    let _ = writer.write(batch);
    let _ = writer.write(batch);
}

fn main() {}
