//! Where does the person rest?
