//! Where does this controller keep its things?
