//! The password file of PostgreSQL's own programs: lines of `host:port:database:user:password`.

use std::fs::File;
use std::io::Read;

use zeroize::Zeroizing;

use crate::vault::{Error, Login, Server};

/// The password to come with, if there is one.
pub(super) fn password(server: &Server, login: &Login) -> Result<Option<Zeroizing<String>>, Error> {
    if login.password.is_some() {
        return Ok(login.password.clone());
    }
    let Some(path) = &login.passfile else { return Ok(None) };
    let wrong = |reason: String| Error::Passfile { path: path.clone(), reason };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error.to_string())),
    };
    #[cfg(unix)]
    {
        let permissions = file.metadata().map_err(|error| wrong(error.to_string()))?.permissions();
        let mode = std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777;
        if mode & 0o077 != 0 {
            return Err(wrong(format!("others can read it (mode {mode:03o})")));
        }
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    Ok(text.lines().find_map(|line| matched(line, server)))
}

/// The password of a line, if its other fields fit. `*` fits everything; `\:` and `\\` are a colon and a backslash.
fn matched(line: &str, server: &Server) -> Option<Zeroizing<String>> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = Vec::with_capacity(FIELDS);
    let mut field = Zeroizing::new(String::with_capacity(line.len()));
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => field.extend(characters.next()),
            ':' if fields.len() < FIELDS - 1 => fields.push(std::mem::take(&mut *field)),
            other => field.push(other),
        }
    }
    let password = Some(field).filter(|_| fields.len() == FIELDS - 1)?;
    let port = server.port.to_string();
    let wanted = [&server.host, &port, &server.database, &server.user];
    let fits = fields.iter().zip(wanted).all(|(field, wanted)| field.as_str() == "*" || field.as_str() == wanted);
    fits.then_some(password)
}

const FIELDS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server {
            host: "db-1".into(),
            port: 5432,
            user: "vault".into(),
            database: "pii".into(),
            root_certificate: None,
            plaintext: false,
        }
    }

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let found = |line: &str| matched(line, &server()).map(|password| password.to_string());
        assert_eq!(found("db-1:5432:pii:vault:se:cr\\\\et").as_deref(), Some("se:cr\\et"));
        assert_eq!(found("*:*:*:vault:x").as_deref(), Some("x"));
        for other in ["db-2:5432:pii:vault:x", "db-1:5433:*:*:x", "#*:*:*:*:x", "db-1:5432:pii:vault", ""] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_password_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pgpass");
        std::fs::write(&path, "# ours\nelsewhere:*:*:*:no\n*:*:*:*:secret\n").unwrap();
        let login = Login { passfile: Some(path.clone()), ..Login::default() };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(password(&server(), &login).unwrap().as_deref().map(String::as_str), Some("secret"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = password(&server(), &login).unwrap_err().to_string();
        assert!(error.contains("mode 644") && !error.contains("secret"), "{error}");
        assert!(password(&server(), &Login::default()).unwrap().is_none());
    }
}
