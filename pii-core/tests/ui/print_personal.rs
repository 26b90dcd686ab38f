// A value of personal data does not slip into a message.
use pii_core::vocab::Personal;

fn main() {
    println!("{}", Personal::new(String::from("anna@example.org")));
}
