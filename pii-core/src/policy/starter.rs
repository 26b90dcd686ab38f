/// The policy file that a new workspace begins with: it works as it is, and says what to change.
pub fn starter(controller: &str) -> String {
    // As TOML writes a text: the name may hold quotes.
    let name = toml::Value::String(controller.to_owned()).to_string();
    include_str!("starter.toml").replacen("\"CONTROLLER\"", &name, 1)
}
