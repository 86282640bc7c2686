//! A table in whatever form the client wants it.

use bytes::Bytes;

use super::binary_table::BinaryTable;
use super::delimited::Delimited;
use super::page::{Page, PlainText};
use super::{Ending, Field, ServiceDescriptor, TableFormat, TextHeader, Value, VotableWriter};

/// A table being written.
#[derive(Debug)]
pub struct TableWriter {
    form: Form,
    fields: &'static [Field],
    /// How it said it would end.
    announced: Ending,
}

#[derive(Debug)]
enum Form {
    Votable(Box<VotableWriter>),
    Delimited(Delimited),
    Fits(Box<BinaryTable>),
    Page(Page),
    Plain(PlainText),
}

/// What a table begins with.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The standard it follows.
    pub standard_id: &'a str,
    /// Its columns.
    pub fields: &'static [Field],
    /// How it will end, as far as that is known: what stands before the table nobody overlooks.
    pub ending: &'a Ending,
    /// The parameters it answers, to be repeated.
    pub inputs: &'a [(&'static str, String)],
}

impl TableWriter {
    /// Begins a table.
    pub fn new(format: &TableFormat, opening: &Opening<'_>) -> Self {
        let fields = opening.fields;
        let form = match format {
            TableFormat::Votable(format) => {
                let mut document = VotableWriter::new(format);
                let status = if *opening.ending == Ending::Overflow { "OVERFLOW" } else { "OK" };
                document.info("QUERY_STATUS", status, "");
                document.info("standardID", opening.standard_id, "");
                for (name, value) in opening.inputs {
                    document.info(name, value, "");
                }
                if fields.iter().any(|field| !field.reference.is_empty()) {
                    document.systems();
                }
                document.begin_table(fields);
                Form::Votable(Box::new(document))
            }
            TableFormat::Csv(header, _) => {
                Form::Delimited(Delimited::new(b',', fields, *header == TextHeader::Present))
            }
            TableFormat::Tsv(header, _) => {
                Form::Delimited(Delimited::new(b'\t', fields, *header == TextHeader::Present))
            }
            TableFormat::Fits(_) => Form::Fits(Box::new(BinaryTable::new(fields))),
            TableFormat::Page(_) => Form::Page(Page::new(opening.standard_id, fields)),
            TableFormat::Plain(_) => Form::Plain(PlainText::default()),
        };
        Self { form, fields, announced: opening.ending.clone() }
    }

    /// One row; a value for each field.
    pub fn row(&mut self, values: &[Value<'_>]) {
        match &mut self.form {
            Form::Votable(document) => document.row(self.fields, values),
            Form::Delimited(table) => table.row(values),
            Form::Fits(table) => table.row(values),
            Form::Page(page) => page.row(values),
            Form::Plain(text) => text.row(self.fields, values),
        }
    }

    /// Bytes written and not taken yet.
    pub fn pending(&mut self) -> usize {
        match &mut self.form {
            Form::Votable(document) => document.pending(),
            Form::Delimited(table) => table.pending(),
            Form::Fits(_) => 0,
            Form::Page(page) => page.pending(),
            Form::Plain(text) => text.pending(),
        }
    }

    /// Takes away what is written so far.
    pub fn take(&mut self) -> Bytes {
        match &mut self.form {
            Form::Votable(document) => document.take(),
            Form::Delimited(table) => table.take(),
            Form::Fits(_) => Bytes::new(),
            Form::Page(page) => page.take(),
            Form::Plain(text) => text.take(),
        }
    }

    /// Whether the table has a place to say that it ended with a failure; where it has none, the transfer must break.
    pub fn tells_failures(&self) -> bool {
        matches!(self.form, Form::Votable(_))
    }

    /// Ends the table, says how it ended, and adds how to call the services that take its values, where its form
    /// has a place for them.
    pub fn finish(self, ending: &Ending, descriptors: &[ServiceDescriptor]) -> Vec<u8> {
        match self.form {
            Form::Votable(mut document) => {
                document.end_table();
                match ending {
                    ending if *ending == self.announced => {}
                    Ending::Complete => document.info("QUERY_STATUS", "OK", ""),
                    Ending::Overflow => document.info("QUERY_STATUS", "OVERFLOW", ""),
                    Ending::Failed(message) => document.info("QUERY_STATUS", "ERROR", message),
                }
                for descriptor in descriptors {
                    document.descriptor(descriptor);
                }
                document.finish()
            }
            Form::Delimited(table) => table.finish(),
            Form::Fits(table) => table.finish(ending),
            Form::Page(page) => page.finish(ending),
            Form::Plain(text) => text.finish(ending),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Datatype;
    use super::*;

    static FIELDS: [Field; 2] =
        [Field::new("name", Datatype::Text, ""), Field::new("size", Datatype::Long, "")];

    fn written(format: &str, ending: &Ending) -> String {
        let format = TableFormat::wanted(Some(format)).unwrap();
        let opening = Opening {
            standard_id: "ivo://ivoa.net/std/SIA",
            fields: &FIELDS,
            ending: &Ending::Complete,
            inputs: &[("POS", "CIRCLE 1 2 3".to_owned())],
        };
        let mut table = TableWriter::new(&format, &opening);
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
    fn people_read_pages_and_text() {
        let page = written("html", &Ending::Overflow);
        assert!(page.starts_with("<!DOCTYPE html>\n<html>"), "{page}");
        for part in
            ["<th title=\"\">name</th>", "<td>a, &quot;b&quot;</td><td>3</td>", "There is more than this"]
        {
            assert!(page.contains(part), "{part} in {page}");
        }
        let text = written("text", &Ending::Complete);
        assert_eq!(text, "name                 a, \"b\"\nsize                 3\n\n\n");
    }

    #[test]
    fn a_votable_repeats_what_it_answers_after_its_status() {
        let table = written("votable", &Ending::Complete);
        let status = table.find("QUERY_STATUS").unwrap();
        assert!(status < table.find("<INFO name=\"POS\" value=\"CIRCLE 1 2 3\"/>").unwrap(), "{table}");
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
