//! Tables for people: a page with the rows as they come, or plain text with one line for each value there is.

use std::fmt::Write as _;

use bytes::Bytes;

use super::{Ending, Field, Value};
use crate::protocol::vo::xml::XmlWriter;

/// A page being written.
#[derive(Debug)]
pub(super) struct Page(XmlWriter);

impl Page {
    pub(super) fn new(title: &str, fields: &[Field]) -> Self {
        let mut page = XmlWriter::html();
        page.open("html", &[]);
        page.open("head", &[]);
        page.empty("meta", &[("charset", "utf-8")]);
        page.leaf("title", &[], title);
        page.close();
        page.open("body", &[]);
        page.open("table", &[]);
        page.open("tr", &[]);
        for field in fields {
            page.leaf("th", &[("title", field.description)], field.name);
        }
        page.close();
        page.line();
        Self(page)
    }

    /// A row; what is an address is one to follow.
    pub(super) fn row(&mut self, values: &[Value<'_>]) {
        self.0.open("tr", &[]);
        for value in values {
            let text = value.to_text();
            if text.starts_with("http://") || text.starts_with("https://") {
                self.0.open("td", &[]);
                self.0.leaf("a", &[("href", &text)], &text);
                self.0.close();
            } else {
                self.0.leaf("td", &[], &text);
            }
        }
        self.0.close();
        self.0.line();
    }

    pub(super) fn pending(&mut self) -> usize {
        self.0.pending()
    }

    pub(super) fn take(&mut self) -> Bytes {
        self.0.take()
    }

    pub(super) fn finish(mut self, ending: &Ending) -> Vec<u8> {
        self.0.close();
        if *ending == Ending::Overflow {
            self.0.leaf("p", &[], MORE);
        }
        self.0.finish()
    }
}

/// What people are told of an answer that was cut off.
const MORE: &str = "There is more than this: narrow the search or raise MAXREC.";

/// Plain text being written.
#[derive(Debug, Default)]
pub(super) struct PlainText(String);

impl PlainText {
    /// A row as a paragraph.
    pub(super) fn row(&mut self, fields: &[Field], values: &[Value<'_>]) {
        for (field, value) in fields.iter().zip(values).filter(|(_, value)| **value != Value::Null) {
            let unit = if field.unit.is_empty() { "" } else { " " };
            // Writing to memory does not fail.
            let _ = writeln!(self.0, "{:<20} {}{unit}{}", field.name, value.to_text(), field.unit);
        }
        self.0.push('\n');
    }

    pub(super) fn pending(&self) -> usize {
        self.0.len()
    }

    pub(super) fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.0))
    }

    pub(super) fn finish(mut self, ending: &Ending) -> Vec<u8> {
        if *ending == Ending::Overflow {
            self.0.push_str(MORE);
            self.0.push('\n');
        }
        self.0.into_bytes()
    }
}
