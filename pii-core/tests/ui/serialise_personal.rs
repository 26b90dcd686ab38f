// A value of personal data does not slip into a file.
use pii_core::vocab::Personal;

fn main() {
    let _ = serde_json::to_string(&Personal::new(String::from("anna@example.org")));
}
