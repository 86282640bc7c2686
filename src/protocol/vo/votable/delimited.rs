//! Tables as comma- or tab-separated text (RFC 4180).

use std::borrow::Cow;

use bytes::Bytes;

use super::{Field, Value};

/// A text table being written.
#[derive(Debug)]
pub(super) struct Delimited {
    separator: u8,
    written: Vec<u8>,
}

impl Delimited {
    /// A table whose first line names its columns if it `has_header`.
    pub(super) fn new(separator: u8, fields: &[Field], has_header: bool) -> Self {
        let mut table = Self { separator, written: Vec::new() };
        if has_header {
            table.record(fields.iter().map(|field| field.name));
        }
        table
    }

    pub(super) fn row(&mut self, values: &[Value<'_>]) {
        self.record(values.iter().map(Value::to_text).map(Cow::into_owned));
    }

    pub(super) fn pending(&self) -> usize {
        self.written.len()
    }

    pub(super) fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.written))
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.written
    }

    fn record(&mut self, cells: impl Iterator<Item = impl AsRef<[u8]>>) {
        let mut writer = csv::WriterBuilder::new();
        writer.delimiter(self.separator).buffer_capacity(1024);
        // Writing to memory does not fail.
        let _ = writer.from_writer(&mut self.written).write_record(cells);
    }
}
