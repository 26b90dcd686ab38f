//! What does sealing cost? One row a process: `seal ROW FOLDER MIB`, run by `cargo xtask bench seal`.
//!
//! Each prints one line: bytes, seconds by the clock, seconds of the processor. In memory, ring works on 64 MiB as
//! often as it takes, in place. The rows on files read `FOLDER/plain`,
//! those on tables a Parquet file in place of FOLDER.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails, fails by a panic")]

use std::fs::{self, File};
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use pii_core::keyring::{DataKey, KeyFile, Keyring, RootKey};
use pii_core::seal::{Envelope, SealedWriter, parquet_keys};
use pii_core::store::{Destination, Encryption, Location, ReadOptions, Source, TableWriter, WriteOptions};
use pii_core::vocab::DatasetId;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

fn main() {
    // `cargo bench` adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [row, folder, amount] = args.as_slice() else {
        eprintln!("usage: seal ROW FOLDER MIB; or all rows: cargo xtask bench seal");
        return;
    };
    let (folder, mib) = (PathBuf::from(folder), amount.parse::<usize>().unwrap());
    match row.as_str() {
        "make" => make(&folder, mib),
        "ring-seal-16" => ring_seals(16 << 10, mib),
        "ring-seal-64" => ring_seals(64 << 10, mib),
        "ring-open-16" => ring_opens(16 << 10, mib),
        "ring-open-64" => ring_opens(64 << 10, mib),
        "ring-copy-open-16" => ring_copies_and_opens(mib),
        "seal" => seals(mib),
        "write" => writes(mib),
        "open" => opens(mib),
        "file-seal" => seals_file(&folder),
        "file-open" => opens_file(&folder),
        "write-clear" => writes_table(&folder, None),
        "write-uniform" => writes_table(&folder, Some(Encryption::Uniform)),
        "write-columns" => writes_table(&folder, Some(Encryption::Columns)),
        _ => panic!("no row `{row}`"),
    }
}

/// A file that does not compress, and the keys for it.
fn make(folder: &Path, mib: usize) {
    fs::create_dir_all(folder).unwrap();
    let root = RootKey::generate().unwrap();
    KeyFile(folder.join("root.key")).create(&root).unwrap();
    Keyring::create(folder, &root).unwrap();
    let mut file = File::create(folder.join("plain")).unwrap();
    for n in 0..mib / MEMORY {
        std::io::Write::write_all(&mut file, &noise(n as u64)).unwrap();
    }
    file.sync_all().unwrap();
}

fn ring_seals(segment: usize, mib: usize) {
    let key = ring_key();
    let mut memory = noise(1);
    let clock = Clock::start();
    for _ in 0..mib / MEMORY {
        for segment in memory.chunks_mut(segment) {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            let _ = std::hint::black_box(key.seal_in_place_separate_tag(nonce, Aad::empty(), segment).unwrap());
        }
    }
    clock.report(mib);
}

fn ring_opens(segment: usize, mib: usize) {
    let key = ring_key();
    let mut memory = noise(1);
    let seal = |segment: &mut [u8]| {
        key.seal_in_place_separate_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), segment).unwrap()
    };
    // Opening twice gives the same plain text, so each round opens what it sealed before, off the clock.
    let mut clock = Clock { wall: 0.0, cpu: 0.0, running: None };
    for _ in 0..mib / MEMORY {
        let tags: Vec<_> = memory.chunks_mut(segment).map(seal).collect();
        clock.resume();
        for (segment, tag) in memory.chunks_mut(segment).zip(tags) {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            std::hint::black_box(key.open_in_place_separate_tag(nonce, Aad::empty(), tag, segment, 0..).unwrap());
        }
        clock.pause();
    }
    clock.report(mib);
}

/// What a reader must do: the sealed bytes lie elsewhere, and come into a buffer first.
fn ring_copies_and_opens(mib: usize) {
    let key = ring_key();
    let segments = OPENED as usize / (16 << 10);
    let mut sealed = vec![0; OPENED as usize];
    let seal = |segment: &mut [u8]| {
        key.seal_in_place_separate_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), segment).unwrap()
    };
    let tags: Vec<_> = sealed.chunks_mut(16 << 10).map(seal).collect();
    let mut buffer = vec![0; 16 * (16 << 10)];
    let clock = Clock::start();
    for round in 0..(mib << 20) / OPENED as usize * (segments / 16) {
        let from = round % (segments / 16) * 16;
        let start = from * (16 << 10);
        buffer.copy_from_slice(&sealed[start..][..16 * (16 << 10)]);
        for (segment, tag) in buffer.chunks_mut(16 << 10).zip(&tags[from..]) {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            std::hint::black_box(key.open_in_place_separate_tag(nonce, Aad::empty(), *tag, segment, 0..).unwrap());
        }
    }
    clock.report(mib);
}

/// Reading costs nothing here: the bytes are where they are to be sealed.
struct Free(u64);

impl Read for Free {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = buffer.len().min(self.0 as usize);
        self.0 -= read as u64;
        Ok(read)
    }
}

/// Reading and sealing on one core, writing, which costs nothing either, on another.
fn seals(mib: usize) {
    let key = data_key();
    let clock = Clock::start();
    let mut writer = SealedWriter::create(std::io::sink(), &key).unwrap();
    writer.copy_from(&mut Free((mib as u64) << 20)).unwrap();
    writer.finish().unwrap();
    clock.report(mib);
}

/// What is written comes from the nearest cache, a segment at a time.
fn writes(mib: usize) {
    let (key, segment) = (data_key(), vec![7; 16 << 10]);
    let clock = Clock::start();
    let mut writer = SealedWriter::create(std::io::sink(), &key).unwrap();
    for _ in 0..mib * 64 {
        std::io::Write::write_all(&mut writer, &segment).unwrap();
    }
    writer.finish().unwrap();
    clock.report(mib);
}

/// Reading is a copy from memory.
fn opens(mib: usize) {
    let key = data_key();
    let mut writer = SealedWriter::create(Vec::new(), &key).unwrap();
    writer.copy_from(&mut Free(OPENED)).unwrap();
    let sealed = writer.finish().unwrap();
    let clock = Clock::start();
    for _ in 0..((mib as u64) << 20) / OPENED {
        let mut input = sealed.as_slice();
        let mut reader = Envelope::read(&mut input).unwrap().open(input, &key).unwrap();
        while let plain @ 1.. = reader.fill_buf().unwrap().len() {
            reader.consume(plain);
        }
    }
    clock.report(mib);
}

fn seals_file(folder: &Path) {
    let key = kept_key(folder);
    let clock = Clock::start();
    let mut writer = SealedWriter::create(File::create(folder.join("sealed")).unwrap(), &key).unwrap();
    let bytes = writer.copy_from(&mut File::open(folder.join("plain")).unwrap()).unwrap();
    writer.finish().unwrap();
    clock.report(bytes as usize >> 20);
}

fn opens_file(folder: &Path) {
    let key = kept_key(folder);
    let clock = Clock::start();
    let mut input = File::open(folder.join("sealed")).unwrap();
    let mut reader = Envelope::read(&mut input).unwrap().open(input, &key).unwrap();
    let bytes = reader.copy_to(&mut File::create(folder.join("opened")).unwrap()).unwrap();
    clock.report(bytes as usize >> 20);
}

/// The rows of the Parquet file `source`, in memory, into another; bytes are those that were written.
fn writes_table(source: &Path, encryption: Option<Encryption>) {
    let source = Source::open(&[Location::from(source.to_owned())], &ReadOptions::default()).unwrap();
    let schema = source.schema();
    let rows: Vec<_> = source.batches().collect::<Result<_, _>>().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = Destination::Path(folder.path().join("out.parquet"));
    let (key, options) = (data_key(), WriteOptions::default());
    let personal = ["email", "phone", "name"].map(str::to_owned);
    let mut clock = Clock::start();
    let mut writer = match encryption {
        None => TableWriter::create(&to, &schema, &options).unwrap(),
        Some(how) => {
            let keys = parquet_keys(&key, how, &personal).unwrap();
            TableWriter::create_encrypted(&to, &schema, &options, &keys).unwrap()
        }
    };
    rows.iter().for_each(|batch| writer.write(batch).unwrap());
    let content = writer.finish().unwrap().publish().unwrap();
    clock.pause();
    println!("{} {:.6} {:.2}", content.bytes, clock.wall, clock.cpu);
}

fn ring_key() -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap())
}

fn data_key() -> DataKey {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keyring::create(folder.path(), &RootKey::generate().unwrap()).unwrap();
    keys.data(&DatasetId::parse("bench").unwrap()).unwrap()
}

fn kept_key(folder: &Path) -> DataKey {
    let root = KeyFile(folder.join("root.key")).root().unwrap();
    Keyring::open(folder, &root).unwrap().data(&DatasetId::parse("bench").unwrap()).unwrap()
}

/// Bytes without a pattern (xorshift64*), [`MEMORY`] MiB.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes()
    });
    let mut bytes = Vec::new();
    words.flatten().take(MEMORY << 20).for_each(|byte| bytes.push(byte));
    bytes
}

struct Clock {
    wall: f64,
    cpu: f64,
    running: Option<(Instant, f64)>,
}

impl Clock {
    fn start() -> Self {
        Self { wall: 0.0, cpu: 0.0, running: Some((Instant::now(), cpu())) }
    }

    fn pause(&mut self) {
        if let Some((began, before)) = self.running.take() {
            self.wall += began.elapsed().as_secs_f64();
            self.cpu += cpu() - before;
        }
    }

    fn resume(&mut self) {
        self.running = Some((Instant::now(), cpu()));
    }

    fn report(mut self, mib: usize) {
        self.pause();
        println!("{} {:.6} {:.2}", (mib as u64) << 20, self.wall, self.cpu);
    }
}

/// Seconds of the processor that this process has taken, in the program and in the kernel for it.
fn cpu() -> f64 {
    let mut stat = String::new();
    File::open("/proc/self/stat").unwrap().read_to_string(&mut stat).unwrap();
    // proc_pid_stat(5): after the name in brackets, utime and stime are the twelfth and thirteenth, in 1/100 s.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |at: usize| fields.split_whitespace().nth(at).unwrap().parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

/// Bytes of the file that is opened in memory.
const OPENED: u64 = 8 << 20;
/// MiB that are worked on at a time.
const MEMORY: usize = 64;
