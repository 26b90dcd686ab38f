//! With which key?
