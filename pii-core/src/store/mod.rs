//! Where do bytes live, in which format?
