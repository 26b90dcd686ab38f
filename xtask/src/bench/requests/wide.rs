//! One request over fifty datasets: tables of `fixtures/`, in CSV and Parquet.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Result;
use crate::bench::audit::kept;
use crate::bench::measure::{Cost, measure, median};
use crate::bench::workspace::Workspace;
use crate::project;
use crate::step;

const DATASETS: usize = 50;

/// Seconds that planning may take.
const MARK: f64 = 2.0;

pub(super) fn run(python: &Path, scratch: &Path, runs: usize) -> Result {
    let folder = scratch.join("wide");
    fs::create_dir_all(&folder)?;
    let workspace = Workspace::make(&folder)?;
    let [home, _] = workspace.place();
    let mut policy = HEAD.to_owned();
    for number in 0..DATASETS {
        let (table, columns) = if number % 2 == 0 { STUDENTS } else { PAYMENTS };
        let file = format!("{number}-{table}");
        fs::copy(project::root().join("fixtures").join(table), home.join(&file))?;
        write!(policy, "[[dataset]]\nid = \"wide.t{number}\"\nlocation = \"{file}\"\n{DATASET}{columns}\n")?;
    }
    fs::write(home.join("policies/bench.toml"), policy)?;
    step::stream(workspace.pii(&["tag", "-d", "wide.t0", "--quiet"]).arg(home.join("0-students.csv")))?;
    let subject = folder.join("subject.txt");
    fs::write(&subject, "student_id=S10001\n")?;
    let open = ["request", "open", "erasure", "--reference", "wide", "--quiet", "--subject-file"];
    step::stream(workspace.pii(&open).arg(&subject))?;
    let verify = ["request", "verify-identity", "--reference", "wide", "--method", "bench", "--quiet"];
    step::stream(&mut workspace.pii(&verify))?;
    let plan = workspace.pii(&["request", "plan", "wide", "--quiet"]);
    let costs = (0..runs).map(|_| measure(python, &plan, &[0])).collect::<Result<Vec<Cost>>>()?;
    let cost = median(&costs);
    println!("| one request, {DATASETS} datasets | wall s | CPU s | peak MB | mark | |\n|---|--:|--:|--:|--:|---|");
    let (wall, memory) = (cost.wall, cost.memory * 1.048_576);
    println!("| plan | {wall:.2} | {:.2} | {memory:.0} | ≤ {MARK} s | {} |\n", cost.cpu, kept(wall <= MARK));
    Ok(())
}

const HEAD: &str = r#"[controller]
name = "Bench"

[[purpose]]
id = "analytics"
lawful_basis = "legitimate-interests"

"#;

const DATASET: &str = r#"purposes = ["analytics"]
subject = { column = "student_id", kind = "student_id" }
retention = { keep = "P1Y", then = "delete-row" }
erasure = "delete-row"
[dataset.columns]
"#;

const STUDENTS: (&str, &str) = (
    "students.csv",
    r#"student_id = "user.unique_id"
name = "user.name"
email = "user.contact.email"
phone = { category = "user.contact.phone_number", region = "KR" }
birth_date = "user.demographic.date_of_birth"
gender = "user.demographic.gender"
street = "user.contact.address.street"
city = "user.contact.address.city"
postal_code = "user.contact.address.postal_code"
country = "user.contact.address.country"
signup_ip = "user.location.ip_address"
marketing_opt_in = "none"
kakao_id = "user.account.username"
created_at = "none"
"#,
);

const PAYMENTS: (&str, &str) = (
    "payments.parquet",
    r#"payment_id = "none"
student_id = "user.unique_id"
card_number = "user.financial.credit_card"
iban = "user.financial.bank_account"
amount = "user.financial.payment"
currency = "none"
paid_at = "none"
country = "user.contact.address.country"
"#,
);
