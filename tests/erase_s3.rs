//! Whoever must erase a person from files on S3, played by moto: what is read and sent is counted, what goes wrong on the
//! way is made to go wrong.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::desk::{Desk, Said, customers};
use crate::moto::Moto;
use crate::python::python;

const ERASE: &str = "erase s3://lake/ --column customer_id --values-file gone";

/// A bucket, somebody between it and us, and a desk.
pub(crate) struct Lake {
    pub(crate) desk: Desk,
    moto: Moto,
    pub(crate) between: Between,
}

impl Lake {
    /// With a bucket `lake`; `headers` make it one with object lock.
    pub(crate) fn new(headers: &str) -> Self {
        let (desk, moto) = (Desk::new(), Moto::start());
        desk.write("gone", "C0000007\nC0000011\n");
        let lake = Self { desk, between: Between::start(moto.address), moto };
        lake.ask("PUT", "lake", headers, b"");
        lake
    }

    /// Which keeps versions.
    pub(crate) fn versioned(headers: &str) -> Self {
        let lake = Self::new(headers);
        lake.keep_versions("Enabled");
        lake
    }

    fn keep_versions(&self, status: &str) {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        self.ask("PUT", "lake?versioning", "", body.as_bytes());
    }

    /// Asks moto, past whoever is between.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
        let length = body.len();
        let head = format!(
            "{method} /{path} HTTP/1.0\r\nHost: {}\r\n{WHO}\r\nContent-Length: {length}\r\n{headers}\r\n",
            self.moto.address
        );
        let (head, body) = exchange(self.moto.address, head.as_bytes(), body);
        assert!(head.contains(" 20"), "{method} {path}: {head}\n{}", String::from_utf8_lossy(&body));
        (head, body)
    }

    pub(crate) fn put(&self, key: &str, body: &[u8]) -> String {
        let (head, _) = self.ask("PUT", &format!("lake/{key}"), "x-amz-meta-team: crm\r\n", body);
        header(&head, "x-amz-version-id").unwrap_or_default()
    }

    pub(crate) fn get(&self, key: &str) -> Vec<u8> {
        self.ask("GET", &format!("lake/{key}"), "", b"").1
    }

    /// All keys, hidden ones too; with versions and delete markers, if they are kept.
    pub(crate) fn all(&self) -> Vec<String> {
        let text = |query: &str| String::from_utf8(self.ask("GET", query, "", b"").1).unwrap();
        let listed = if text("lake?versioning").contains("<Status>") { text("lake?versions") } else { text("lake") };
        let mut keys: Vec<_> =
            listed.split("<Key>").skip(1).map(|it| it.split('<').next().unwrap().to_owned()).collect();
        keys.sort();
        keys
    }

    /// Six Parquet files of forty customers each, in partitions.
    fn fill(&self) {
        self.desk.pii("tag customers.csv -d crm.customers -o part.parquet").done();
        let bytes = fs::read(self.desk.path("part.parquet")).unwrap();
        for day in 1..=6 {
            self.put(&format!("day={day}/part.parquet"), &bytes);
        }
    }

    pub(crate) fn command(&self, args: &str) -> std::process::Command {
        let mut command = self.desk.command(args);
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.between.address));
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "hush");
        command
    }

    pub(crate) fn pii(&self, args: &str) -> Said {
        Said::new(args, self.command(args).output().unwrap())
    }

    /// How many rows `--dry-run` finds, and how many old versions.
    #[track_caller]
    fn found(&self) -> (u64, u64) {
        let said = self.pii(&format!("{ERASE} -n --json")).done().json();
        let plan = said.iter().find(|line| line["type"] == "erasure_plan").unwrap();
        (plan["rows"].as_u64().unwrap(), plan["old_versions"].as_u64().unwrap())
    }
}

/// Sends a request, and reads the answer to its end.
fn exchange(to: SocketAddr, head: &[u8], body: &[u8]) -> (String, Vec<u8>) {
    let mut connection = TcpStream::connect(to).unwrap();
    connection.write_all(head).and_then(|()| connection.write_all(body)).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let at = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap_or(answer.len() - 4) + 4;
    (String::from_utf8_lossy(&answer[..at]).into_owned(), answer[at..].to_vec())
}

fn header(head: &str, name: &str) -> Option<String> {
    let line =
        head.lines().find_map(|line| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name)));
    line.map(|(_, value)| value.to_owned())
}

/// A request as it went by: the method and the path with its query, bytes sent, bytes that came.
pub(crate) type Passed = (String, usize, usize);
/// What somebody between does with a request, told by its line and by how many like it came before.
type Mischief = Arc<Mutex<Box<dyn Fn(&str, usize) -> Option<&'static str> + Send>>>;

/// Somebody between us and the store, who counts, and may answer in its place.
pub(crate) struct Between {
    address: SocketAddr,
    passed: Arc<Mutex<Vec<Passed>>>,
    mischief: Mischief,
}

impl Between {
    fn start(store: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let passed = Arc::new(Mutex::new(Vec::new()));
        let mischief: Mischief = Arc::new(Mutex::new(Box::new(|_, _| None)));
        let between = Self { address, passed: Arc::clone(&passed), mischief: Arc::clone(&mischief) };
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (passed, mischief) = (Arc::clone(&passed), Arc::clone(&mischief));
                std::thread::spawn(move || pass(connection, store, &passed, &mischief));
            }
        });
        between
    }

    pub(crate) fn does(&self, mischief: impl Fn(&str, usize) -> Option<&'static str> + Send + 'static) {
        *self.mischief.lock().unwrap() = Box::new(mischief);
        self.passed.lock().unwrap().clear();
    }

    /// Requests whose line has this in it.
    pub(crate) fn like(&self, words: &str) -> Vec<Passed> {
        self.passed.lock().unwrap().iter().filter(|(line, ..)| line.contains(words)).cloned().collect()
    }
}

fn pass(mut us: TcpStream, store: SocketAddr, passed: &Mutex<Vec<Passed>>, mischief: &Mischief) -> Option<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        us.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let length = header(&text, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    us.read_exact(&mut body).ok()?;
    let line = text.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let before = passed.lock().unwrap().iter().filter(|(known, ..)| *known == line).count();
    passed.lock().unwrap().push((line.clone(), length, 0));
    let made = (mischief.lock().unwrap())(&line, before);
    let answer = match made {
        Some("cut") => return None,
        Some(answer) if !answer.starts_with("half") => answer.as_bytes().to_vec(),
        half => {
            // moto keeps a connection open unless it is told not to.
            let head = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            let (head, body) = exchange(store, head.as_bytes(), &body);
            passed.lock().unwrap().iter_mut().rev().find(|(known, ..)| *known == line)?.2 = body.len();
            let body = if half.is_some() { &body[..body.len() / 2] } else { &body };
            [head.as_bytes(), body].concat()
        }
    };
    // An answer that was done and is never heard of.
    if made == Some("half-done") {
        return None;
    }
    us.write_all(&answer).ok()
}

/// moto does not look at a signature, but for the service that is asked.
const WHO: &str = "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-east-1/s3/aws4_request";
const BUSY: &str = "HTTP/1.1 503 Slow Down\r\nContent-Length: 36\r\nConnection: close\r\n\r\n\
    <Error><Code>SlowDown</Code></Error>";

#[test]
fn a_person_goes_from_a_bucket_and_the_others_stay() {
    let lake = Lake::new("");
    lake.fill();
    lake.put("_SUCCESS", b"");
    lake.put("notes.txt", b"C0000007");
    lake.put("day=1/people.csv", customers(40).as_bytes());
    assert_eq!(lake.found(), (14, 0));
    let said =
        lake.pii(&format!("{ERASE} --yes --threads 3")).done().says(&["notes.txt` was passed over", "on record"]);
    assert!(said.out.contains("delete-row: 14 rows in 7 files") && said.out.contains(" requests: "), "{}", said.out);
    assert_eq!(lake.found(), (0, 0));
    assert_eq!(lake.all().len(), 9, "nothing is left beside: {:?}", lake.all());
    let csv = String::from_utf8(lake.get("day=1/people.csv")).unwrap();
    assert_eq!(csv.lines().count(), 39);
    let (head, _) = lake.ask("HEAD", "lake/day=2/part.parquet", "", b"");
    assert_eq!(header(&head, "x-amz-meta-team").as_deref(), Some("crm"), "{head}");
    // A folder, a pattern, one object: each is found as it is on a disk.
    for (source, rows) in [("s3://lake/day=1", 2), ("s3://lake/*/part.parquet", 2), ("s3://lake/day=3/part.parquet", 1)]
    {
        lake.desk.write("other", "C0000008\n");
        let said = lake.pii(&format!("erase {source} --column customer_id --values-file other -n")).done();
        let all = if source.contains('*') { 6 } else { rows };
        assert!(said.out.contains(&format!("would delete-row {all} row")), "{source}: {}", said.out);
    }
    lake.pii("erase s3://lake/none/ --column customer_id --values-file gone -n").exits(1).says(&["no data file"]);
    lake.pii("erase s3://lack/ --column customer_id --values-file gone -n")
        .exits(1)
        .says(&["there is no bucket `lack`"]);
    lake.desk.log_holds();
}

#[test]
fn what_nobody_needs_to_touch_does_not_travel_and_pyarrow_reads_what_became_of_it() {
    for versioned in [false, true] {
        let lake = Lake::new("");
        if versioned {
            lake.keep_versions("Enabled");
        }
        let (file, new) = (lake.desk.path("large.parquet"), lake.desk.path("new.parquet"));
        python("erased.py", &["write".into(), file.clone()]);
        let old = fs::read(&file).unwrap();
        assert!(old.len() > 9 << 20, "{}", old.len());
        lake.put("large.parquet", &old);
        lake.between.does(|_, _| None);
        let said = lake.pii(&format!("{ERASE} --yes --json")).done().json();
        let erased = said.iter().find(|line| line["type"] == "erased").unwrap();
        assert_eq!(erased["rows"], 100);
        let passed = lake.between.like("");
        let (sent, came): (usize, usize) = passed.iter().fold((0, 0), |sum, it| (sum.0 + it.1, sum.1 + it.2));
        assert!(
            sent < old.len() / 3 && came < old.len() / 2,
            "{sent} bytes sent, {came} came in {} requests, of {}",
            passed.len(),
            old.len()
        );
        assert!(erased["bytes_copied_in_store"].as_u64().unwrap() > 6 << 20, "{erased}");
        assert_eq!(lake.all(), ["large.parquet"], "no draft, and no old version");
        fs::write(&new, lake.get("large.parquet")).unwrap();
        python("erased.py", &["compare".into(), file, new, "C0000007".into(), "C0000011".into()]);
    }
}

#[test]
fn old_versions_go_with_the_rows_and_so_do_those_of_objects_that_were_deleted() {
    let lake = Lake::versioned("");
    let people = customers(40);
    let without: String =
        people.lines().filter(|line| !line.starts_with("C0000007")).map(|l| l.to_owned() + "\n").collect();
    let nobody = people.lines().next().unwrap().to_owned() + "\n";
    lake.put("a.csv", nobody.as_bytes());
    lake.put("a.csv", people.as_bytes());
    lake.put("a.csv", people.as_bytes());
    // The person is in its past only.
    lake.put("b.csv", without.as_bytes());
    lake.put("b.csv", people.as_bytes());
    lake.put("b.csv", nobody.as_bytes());
    // It is deleted, and its past is not.
    lake.put("c.csv", people.as_bytes());
    lake.ask("DELETE", "lake/c.csv", "", b"");
    lake.put("d.csv", nobody.as_bytes());
    lake.ask("DELETE", "lake/d.csv", "", b"");
    assert_eq!(lake.all().len(), 10);
    let said = lake.pii(&format!("{ERASE} -n")).done();
    assert!(said.out.contains("s3://lake/a.csv and 2 old versions"), "{}", said.out);
    assert!(said.out.contains("would delete-row 2 rows in 1 file"), "{}", said.out);
    // a: 2 before; b: 2 that hold one of the two people; c: the object and its marker.
    assert_eq!(lake.found(), (2, 6));
    let said = lake.pii(&format!("{ERASE} --yes")).done();
    assert!(said.out.contains("7 old versions removed"), "with the one that was rewritten: {}", said.out);
    assert_eq!(lake.found(), (0, 0));
    assert_eq!(lake.all(), ["a.csv", "b.csv", "d.csv", "d.csv"]);
    assert_eq!(lake.get("b.csv"), nobody.as_bytes());
}

#[test]
fn a_lock_is_told_before_and_what_it_keeps_is_told_after() {
    let lake = Lake::versioned("x-amz-bucket-object-lock-enabled: true\r\n");
    let old = lake.put("a.csv", customers(40).as_bytes());
    let lock = b"<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>";
    lake.ask("PUT", &format!("lake/a.csv?retention&versionId={old}"), "", lock);
    lake.put("a.csv", customers(40).as_bytes());
    lake.pii(&format!("{ERASE} -n")).done().says(&["of `s3://lake/a.csv` is locked until 2099-01-01"]);
    let said = lake.pii(&format!("{ERASE} --yes")).exits(1);
    said.says(&["1 old version of `s3://lake/a.csv` stay", "locked until 2099-01-01"]);
    assert_eq!(String::from_utf8(lake.get("a.csv")).unwrap().lines().count(), 39, "what everybody sees is done with");
    assert_eq!(lake.all().len(), 2);
}

#[test]
fn an_object_that_changed_since_it_was_looked_at_is_refused_by_name() {
    for versioned in [false, true] {
        let lake = Lake::new("");
        if versioned {
            lake.keep_versions("Enabled");
        }
        lake.put("a.csv", customers(40).as_bytes());
        lake.put("b.csv", customers(40).as_bytes());
        lake.pii(&format!("{ERASE} -n --plan plan.json")).done();
        assert!(lake.desk.read("plan.json").contains("\"etag\""));
        lake.put("b.csv", customers(50).as_bytes());
        let run = "erase --column customer_id --values-file gone --plan plan.json --yes";
        let said = lake.pii(run).exits(1).says(&["s3://lake/b.csv` changed since the plan was made"]);
        assert!(said.out.contains("delete-row: 2 rows in 1 of 2 files"), "{}", said.out);
        assert_eq!(lake.get("b.csv"), customers(50).as_bytes());
        let said = lake.pii(run).exits(1);
        assert!(said.out.contains("1 file had been done by a run before this one"), "{}{}", said.out, said.err);
    }
}

#[test]
fn who_writes_between_the_last_look_and_the_writing_is_not_written_over() {
    let lake = Lake::new("");
    lake.put("a.csv", customers(40).as_bytes());
    let store = lake.moto.address;
    // Just before our PUT comes through, somebody else's does.
    lake.between.does(move |line, before| {
        if line == "PUT /lake/a.csv" && before == 0 {
            let head = format!("PUT /lake/a.csv HTTP/1.0\r\nHost: {store}\r\n{WHO}\r\nContent-Length: 16\r\n\r\n");
            let (said, _) = exchange(store, head.as_bytes(), b"customer_id\nnew\n");
            assert!(said.contains(" 200 "), "{said}");
        }
        None
    });
    lake.pii(&format!("{ERASE} --yes")).exits(1).says(&["s3://lake/a.csv` changed since"]);
    assert_eq!(lake.get("a.csv"), b"customer_id\nnew\n");
}

#[test]
fn a_store_that_stumbles_is_asked_again() {
    let lake = Lake::new("");
    lake.fill();
    // The first of each kind is turned away, the second one breaks off; one PUT is done and nobody hears of it.
    lake.between.does(|line, before| match before {
        0 if line == "PUT /lake/day%3D4/part.parquet" => Some("half-done"),
        0 => Some(BUSY),
        1 if line.starts_with("GET") => Some("half"),
        1 => Some("cut"),
        _ => None,
    });
    lake.pii(&format!("{ERASE} --yes --threads 6")).done();
    assert!(lake.between.like("PUT /lake/day%3D4").len() >= 2);
    lake.between.does(|_, _| None);
    assert_eq!((lake.found(), lake.all().len()), ((0, 0), 6));
    // What stays away is an error, and nothing is found to be gone.
    lake.between.does(|line, _| line.contains("day%3D2").then_some("half"));
    lake.pii(&format!("{ERASE} -n --quiet")).exits(1).says(&["s3://lake/day=2/part.parquet"]);
}

#[test]
fn killed_at_any_request_and_run_again_it_comes_to_the_same_end() {
    for versioned in [false, true] {
        let lake = Lake::new("");
        if versioned {
            lake.keep_versions("Enabled");
        }
        // Large enough for parts: some are sent, one is copied by the store.
        let filler = "x".repeat(2_000);
        let mut rows = String::from("customer_id,filler\n");
        (0..6_000).for_each(|n| rows.push_str(&format!("C{:07},{filler}\n", n / 8)));
        let run = "erase --column customer_id --values-file gone --plan plan.json --yes --threads 1";
        let mut deaths = 0;
        for nth in [6, 10, 13, 16, 19] {
            let _ = fs::remove_file(lake.desk.path("plan.json"));
            let _ = fs::remove_file(lake.desk.path("plan.json.journal"));
            lake.put("large.csv", rows.as_bytes());
            lake.pii(&format!("{ERASE} -n --plan plan.json")).done();
            // From the nth request on, nobody answers; then the process is killed.
            let count = AtomicUsize::new(0);
            lake.between.does(move |_, _| {
                if count.fetch_add(1, Ordering::Relaxed) < nth {
                    return None;
                }
                std::thread::sleep(Duration::from_secs(1));
                Some("cut")
            });
            let mut running = lake.command(run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let began = Instant::now();
            while lake.between.like("").len() <= nth && running.try_wait().unwrap().is_none() {
                assert!(began.elapsed().as_secs() < 60, "{nth}");
                std::thread::sleep(Duration::from_millis(2));
            }
            deaths += u32::from(running.try_wait().unwrap().is_none());
            let _ = running.kill();
            running.wait().unwrap();
            lake.between.does(|_, _| None);
            lake.pii(run).done();
            let new = String::from_utf8(lake.get("large.csv")).unwrap();
            assert_eq!(new.lines().count(), 6_001 - 16, "{nth}");
            assert!(!new.contains("C0000007,"), "{nth}");
            let left = lake.all();
            assert_eq!(left, ["large.csv"], "after request {nth}, versioned: {versioned}");
        }
        assert!(deaths >= 3, "only {deaths} died");
    }
}
