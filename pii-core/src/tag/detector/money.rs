//! Accounts and cards.

use super::{Detector, TEXT, TEXT_OR_INT, checked, detector, shaped};
use crate::tag::{checksum, pattern};

pub(super) const ALL: &[Detector] = &[
    detector("IBAN_CODE", TEXT)
        .sure("iban, iban code, iban number")
        .forms(&[checked("IBAN", checksum::iban).cap(7.0), super::scattered("IBAN", checksum::iban)])
        .identifies(),
    detector("BANK_ACCOUNT_NUMBER", TEXT_OR_INT)
        .sure(
            "bank account, bank account number, bank account no, account number, kontonummer, \
             kontoverbindung, bankverbindung, compte bancaire, numero compte, rib, cuenta bancaria, \
             numero cuenta, conto corrente, konto bankowe, numer konta, rekeningnummer, conta bancaria, 계좌, \
             계좌번호, 은행계좌",
        )
        .forms(&[super::plausible("digits", has_account_digits).cap(1.0)])
        .identifies(),
    detector("CREDIT_CARD_NUMBER", TEXT_OR_INT)
        .sure(
            "credit card, credit card number, creditcard, card number, card no, cc number, ccnum, \
             debit card, pan, kreditkarte, kreditkartennummer, kartennummer, carte bancaire, carte credit, \
             numero carte, tarjeta credito, numero tarjeta, carta credito, numero carta, karta kredytowa, \
             numer karty, creditcardnummer, cartao credito, 카드번호, 신용카드, 신용카드번호",
        )
        .forms(&[checked("payment card", checksum::credit_card).floor(3.0)])
        .identifies(),
    detector("CRYPTO_WALLET", TEXT)
        .sure("wallet address, crypto wallet, bitcoin address, btc address, eth address, 지갑주소")
        .forms(&[shaped("wallet address", pattern::crypto_wallet)]),
];

/// Six digits or more, however they are grouped.
fn has_account_digits(value: &str) -> bool {
    value.chars().filter(char::is_ascii_digit).count() >= 6
}
