//! The house rules that the compiler cannot check, read from the text of `src/`: which room may use which, who may
//! touch which library (`arrows`), that no two files need each other (`circles`), and what files are called (`names`).

mod arrows;
mod circles;
mod names;
mod source;
