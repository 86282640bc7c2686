//! A table in whatever form the client wants it.

use bytes::Bytes;

use super::{Field, ServiceDescriptor, Value, VotableWriter};
use crate::protocol::vo::dali::{Header, TableFormat};

/// A table being written, as VOTable or as text.
#[derive(Debug)]
pub struct TableWriter {
    form: Form,
    fields: &'static [Field],
}

#[derive(Debug)]
enum Form {
    Votable(Box<VotableWriter>),
    Text { separator: u8, written: Vec<u8> },
}

/// How a table ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With its last row.
    Complete,
    /// Where the client or the service wanted no more, although there was more.
    Overflow,
    /// With a failure; the text for the client.
    Failed(String),
}

impl TableWriter {
    /// Begins the table of an answer that follows `standard_id`; `ending` is how it will end, as far as that is
    /// known: what stands before the table nobody overlooks.
    pub fn new(format: &TableFormat, standard_id: &str, fields: &'static [Field], ending: &Ending) -> Self {
        let (header, separator) = match format {
            TableFormat::Votable(format) => {
                let mut document = VotableWriter::new(format);
                let status = if *ending == Ending::Overflow { "OVERFLOW" } else { "OK" };
                document.info("QUERY_STATUS", status, "");
                document.info("standardID", standard_id, "");
                if fields.iter().any(|field| !field.reference.is_empty()) {
                    document.systems();
                }
                document.begin_table(fields);
                return Self { form: Form::Votable(Box::new(document)), fields };
            }
            TableFormat::Csv(header, _) => (header, b','),
            TableFormat::Tsv(header, _) => (header, b'\t'),
        };
        let mut written = Vec::new();
        if *header == Header::Present {
            write_record(&mut written, separator, fields.iter().map(|field| field.name));
        }
        Self { form: Form::Text { separator, written }, fields }
    }

    /// One row; a value for each field.
    pub fn row(&mut self, values: &[Value<'_>]) {
        match &mut self.form {
            Form::Votable(document) => document.row(self.fields, values),
            Form::Text { separator, written } => {
                write_record(
                    written,
                    *separator,
                    values.iter().map(Value::to_text).map(std::borrow::Cow::into_owned),
                );
            }
        }
    }

    /// Bytes written and not taken yet.
    pub fn pending(&mut self) -> usize {
        match &mut self.form {
            Form::Votable(document) => document.pending(),
            Form::Text { written, .. } => written.len(),
        }
    }

    /// Takes away what is written so far.
    pub fn take(&mut self) -> Bytes {
        match &mut self.form {
            Form::Votable(document) => document.take(),
            Form::Text { written, .. } => Bytes::from(std::mem::take(written)),
        }
    }

    /// Ends the table, says how it ended, and adds how to call the services that take its values. Text tables
    /// have no place for either.
    pub fn finish(self, ending: &Ending, descriptors: &[ServiceDescriptor]) -> Vec<u8> {
        match self.form {
            Form::Votable(mut document) => {
                document.end_table();
                match ending {
                    Ending::Complete => {}
                    Ending::Overflow => document.info("QUERY_STATUS", "OVERFLOW", ""),
                    Ending::Failed(message) => document.info("QUERY_STATUS", "ERROR", message),
                }
                for descriptor in descriptors {
                    document.descriptor(descriptor);
                }
                document.finish()
            }
            Form::Text { written, .. } => written,
        }
    }
}

fn write_record(out: &mut Vec<u8>, separator: u8, cells: impl Iterator<Item = impl AsRef<[u8]>>) {
    let mut record = csv::WriterBuilder::new().delimiter(separator).buffer_capacity(1024).from_writer(out);
    // Writing to memory does not fail.
    let _ = record.write_record(cells);
}

#[cfg(test)]
mod tests {
    use super::super::Datatype;
    use super::*;

    static FIELDS: [Field; 2] =
        [Field::new("name", Datatype::Text, ""), Field::new("size", Datatype::Long, "")];

    fn written(format: &str, ending: &Ending) -> String {
        let format = TableFormat::wanted(Some(format)).unwrap();
        let mut table = TableWriter::new(&format, "ivo://ivoa.net/std/SIA", &FIELDS, &Ending::Complete);
        table.row(&[Value::Text("a, \"b\"".into()), Value::Integer(3)]);
        let first = table.take().to_vec();
        table.row(&[Value::Null, Value::Null]);
        String::from_utf8([first, table.finish(ending, &[])].concat()).unwrap()
    }

    #[test]
    fn text_tables_quote_what_needs_it() {
        assert_eq!(written("csv", &Ending::Complete), "name,size\n\"a, \"\"b\"\"\",3\n,\n");
        assert_eq!(written("text/csv;header=absent", &Ending::Complete), "\"a, \"\"b\"\"\",3\n,\n");
        assert_eq!(written("tsv", &Ending::Complete), "name\tsize\n\"a, \"\"b\"\"\"\t3\n\t\n");
    }

    #[test]
    fn how_a_table_ended_follows_it() {
        let ended = |ending| written("votable", &ending);
        assert!(
            ended(Ending::Overflow).contains("</TABLE>\n<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>")
        );
        assert!(
            ended(Ending::Failed("FatalFault: x".into()))
                .contains("</TABLE>\n<INFO name=\"QUERY_STATUS\" value=\"ERROR\">FatalFault: x</INFO>")
        );
        assert_eq!(ended(Ending::Complete).matches("QUERY_STATUS").count(), 1);
    }
}
