use clap::CommandFactory;
use pii_core::vocab::{Category, LawfulBasis, SpecialBasis};

use crate::cli::Cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Help on a topic, or on a command
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// exit-codes, categories, methods, bases, identifiers, keys; or a command such as `vault read`
    topic: Vec<String>,
}

pub(crate) fn run(args: &Args, ui: Ui) -> Result<Exit, Error> {
    match args.topic.join(" ").as_str() {
        "" => {
            // Help that cannot be printed has nobody to read it.
            let _ = Cli::command().print_help();
        }
        "exit-codes" => Exit::TABLE.iter().for_each(|(code, means)| ui.line(format!("{code:>4}  {means}"))),
        "categories" => categories(ui),
        "bases" => bases(ui),
        "methods" => ui.line(METHODS),
        "identifiers" => ui.line(IDENTIFIERS),
        "keys" => ui.line(KEYS),
        _ => return command(&args.topic),
    }
    Ok(Exit::Done)
}

fn command(path: &[String]) -> Result<Exit, Error> {
    let mut command = Cli::command();
    command.build();
    for name in path {
        command = command.find_subcommand(name).cloned().ok_or_else(|| {
            Error::usage(
                format!("no help on `{}`", path.join(" ")),
                "topics: exit-codes, categories, methods, bases, identifiers, keys",
            )
        })?;
    }
    let _ = command.print_long_help();
    Ok(Exit::Done)
}

fn categories(ui: Ui) {
    let rows: Vec<[String; 4]> = Category::all()
        .map(|c| {
            let kind = if c.is_special() {
                "Art. 9"
            } else if c.is_criminal() {
                "Art. 10"
            } else {
                ""
            };
            [c.name().to_owned(), kind.to_owned(), c.definition().to_owned(), c.source().to_owned()]
        })
        .collect();
    ui.table(["category", "special", "what belongs here", "source"], &rows);
}

fn bases(ui: Ui) {
    let mut rows: Vec<[String; 2]> =
        LawfulBasis::ALL.iter().map(|b| [b.name().to_owned(), b.article().to_owned()]).collect();
    rows.extend(SpecialBasis::ALL.iter().map(|b| [b.name().to_owned(), b.article().to_owned()]));
    ui.table(["basis", "article"], &rows);
}

const METHODS: &str = "\
pseudonymise            keyed one-way hash: equal within a recipient's domain, unrelated outside it
drop                    the column does not leave
null                    the column leaves, its values do not
keep                    the value leaves as it is
constant:TEXT           the same text for every value
mask:FIRST,LAST         so many characters stay at each end, the others become `*`
year, month             of a date
bucket:WIDTH            the lower bound of the bucket that a number lies in
network-24, network-48  the network of an IP address: /24 of IPv4, /48 of IPv6
truncate-coordinates:N  N decimals of latitude and longitude
A value that a method cannot read becomes null. Nulls stay null.";

const IDENTIFIERS: &str = "\
Identifiers of a person never stand on the command line: there they would rest in the shell's history and in the
list of processes. They come as lines of `kind=value`, from standard input or a file:

  printf 'email=anna@example.org\\n' | pii vault read --subject - --purpose analytics
  pii vault read --subject-file who.txt --purpose analytics

Kinds: `email`, `phone`, `ci`, `national_id`, `passport`, `username`, and the `kind` of each dataset's subject in
the policy, such as `customer_id`. `pseudonym`, with `-r RECIPIENT`: a pseudonym that the recipient has.";

const KEYS: &str = "\
The root key wraps a random master secret in `.pii/keys`; every other key is derived from that. Lose the root key, and the
vault is gone: back it up, apart from the workspace; or see that nobody can delete it, where it is in AWS KMS or in
HashiCorp Vault and never comes out. It never stands on the command line. It is looked for in this order:

PII_KEY_FILE       a file of 32 random bytes in base64, mode 0600 or it is refused
PII_KEY_COMMAND    a command that prints them. It does not get AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
                   VAULT_TOKEN and PGPASSWORD, unless PII_KEY_COMMAND_PASS lists them
[key] of pii.toml  one of

  file = \"/secure/root.key\"
  command = \"pass show pii\"       with it, for example: pass = [\"VAULT_TOKEN\"]
  kms = { key = \"arn:aws:kms:eu-central-1:111122223333:key/…\" }
  transit = { address = \"https://vault.example:8200\", key = \"pii\" }

kms: an id or an alias needs `region`; `endpoint` names another than Amazon's. It is asked as AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN say, which need kms:Decrypt, and kms:GenerateDataKey for `pii init` and `pii key rotate --root`.
transit: `mount`, `namespace` and `token_file` can be named, too. It is asked with VAULT_TOKEN or the token in the file, which
needs `update` on transit/decrypt/pii, and on transit/encrypt/pii for `pii init` and `pii key rotate --root`.

Connections are made in TLS, and certificates verified: `[tls] authorities = \"ca.pem\"` names further authorities to trust,
HTTPS_PROXY and NO_PROXY count. A plain one to another machine is refused without `--insecure-plaintext`, and on record with it.
A new workspace takes such settings with `pii init --settings FILE`.

  pii key rotate --root --new-key-file FILE   another root key; no data is touched
  pii key rotate RECIPIENT                    other pseudonyms from now on, in a new epoch
  pii protect … --since-epoch N               both, for whoever must join what it has with what comes";
