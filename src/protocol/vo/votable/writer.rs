//! A VOTable document, written from its beginning to its end.

use bytes::Bytes;

use super::ServiceDescriptor;
use super::binary2::Binary2;
use super::field::{Field, Value};
use super::format::{Serialization, VotableFormat};
use crate::protocol::vo::xml::XmlWriter;

/// The namespace of 1.3, which 1.4 and 1.5 kept.
const NAMESPACE: &str = "http://www.ivoa.net/xml/VOTable/v1.3";

/// ID of the coordinate system that positions refer to.
pub const ICRS: &str = "icrs";
/// ID of the time system that times refer to.
pub const UTC: &str = "utc";

/// A document being written: the results first, then descriptors of services.
#[derive(Debug)]
pub struct VotableWriter {
    xml: XmlWriter,
    serialization: Serialization,
    binary: Binary2,
    has_results: bool,
}

impl VotableWriter {
    /// A document that begins with the resource for the results.
    pub fn new(format: &VotableFormat) -> Self {
        let mut xml = XmlWriter::new();
        let version = if format.is_1_5 { "1.5" } else { "1.4" };
        xml.open("VOTABLE", &[("version", version), ("xmlns", NAMESPACE)]);
        xml.line();
        xml.open("RESOURCE", &[("type", "results")]);
        xml.line();
        Self { xml, serialization: format.serialization, binary: Binary2::default(), has_results: true }
    }

    /// A fact about the answer; the first must be `QUERY_STATUS` (DALI 1.1 §4.4).
    pub fn info(&mut self, name: &str, value: &str, text: &str) {
        let attributes = [("name", name), ("value", value)];
        if text.is_empty() {
            self.xml.empty("INFO", &attributes);
        } else {
            self.xml.leaf("INFO", &attributes, text);
        }
        self.xml.line();
    }

    /// Declares the systems positions and times are in: ICRS, and MJD in UTC.
    pub fn systems(&mut self) {
        self.xml.empty("COOSYS", &[("ID", ICRS), ("system", "ICRS")]);
        self.xml.line();
        let utc =
            [("ID", UTC), ("timeorigin", "MJD-origin"), ("timescale", "UTC"), ("refposition", "UNKNOWN")];
        self.xml.empty("TIMESYS", &utc);
        self.xml.line();
    }

    /// Begins the table.
    pub fn begin_table(&mut self, fields: &[Field]) {
        self.xml.open("TABLE", &[]);
        self.xml.line();
        for field in fields {
            self.field(field);
        }
        self.xml.open("DATA", &[]);
        match self.serialization {
            Serialization::TableData => self.xml.open("TABLEDATA", &[]),
            Serialization::Binary2 => {
                self.xml.open("BINARY2", &[]);
                self.xml.open("STREAM", &[("encoding", "base64")]);
            }
        }
        self.xml.line();
    }

    fn field(&mut self, field: &Field) {
        let (datatype, arraysize) = field.datatype.attributes();
        let mut attributes = vec![("name", field.name)];
        let optional = [
            ("ID", field.id),
            ("datatype", datatype),
            ("arraysize", arraysize.as_deref().unwrap_or("")),
            ("unit", field.unit),
            ("ucd", field.ucd),
            ("utype", field.utype),
            ("xtype", field.xtype),
            ("ref", field.reference),
        ];
        attributes.extend(optional.into_iter().filter(|(_, value)| !value.is_empty()));
        if field.description.is_empty() {
            self.xml.empty("FIELD", &attributes);
        } else {
            self.xml.open("FIELD", &attributes);
            self.xml.leaf("DESCRIPTION", &[], field.description);
            self.xml.close();
        }
        self.xml.line();
    }

    /// One row; a value for each of the fields the table was begun with.
    pub fn row(&mut self, fields: &[Field], values: &[Value<'_>]) {
        debug_assert_eq!(fields.len(), values.len(), "a row has a value for each column");
        match self.serialization {
            Serialization::TableData => {
                self.xml.open("TR", &[]);
                for value in values {
                    match value {
                        Value::Null => self.xml.empty("TD", &[]),
                        value => self.xml.leaf("TD", &[], &value.to_text()),
                    }
                }
                self.xml.close();
                self.xml.line();
            }
            Serialization::Binary2 => {
                let packed = self.binary.row(fields, values);
                self.xml.text(&packed);
            }
        }
    }

    /// Ends the table; facts about it may follow.
    pub fn end_table(&mut self) {
        if self.serialization == Serialization::Binary2 {
            let rest = self.binary.finish();
            self.xml.text(&rest);
            self.xml.close();
        }
        for _ in ["TABLEDATA or BINARY2", "DATA", "TABLE"] {
            self.xml.close();
        }
        self.xml.line();
    }

    /// Ends the results; descriptors may follow.
    pub fn end_results(&mut self) {
        if std::mem::take(&mut self.has_results) {
            self.xml.close();
            self.xml.line();
        }
    }

    /// How to call a service, after the results.
    pub fn descriptor(&mut self, descriptor: &ServiceDescriptor) {
        self.end_results();
        descriptor.write(&mut self.xml);
    }

    /// Bytes written and not taken yet.
    pub fn pending(&mut self) -> usize {
        self.xml.pending()
    }

    /// Takes away what is written so far.
    pub fn take(&mut self) -> Bytes {
        self.xml.take()
    }

    /// Closes the document and gives the rest of it.
    pub fn finish(self) -> Vec<u8> {
        self.xml.finish()
    }
}

/// The document of a failure (DALI 1.1 §4.4.2).
pub fn error_document(message: &str) -> Vec<u8> {
    let format = VotableFormat { serialization: Serialization::TableData, is_1_5: false, content_type: None };
    let mut document = VotableWriter::new(&format);
    document.info("QUERY_STATUS", "ERROR", message);
    document.finish()
}

#[cfg(test)]
mod tests {
    use super::super::field::Datatype;
    use super::super::{Param, Role, Values};
    use super::*;

    const FIELDS: [Field; 2] = [
        Field::new("id", Datatype::Text, "meta.id").identified("primaryID"),
        Field::new("ra", Datatype::Double, "pos.eq.ra").unit("deg").reference(ICRS).description("Where."),
    ];

    fn format(serialization: Serialization) -> VotableFormat {
        VotableFormat { serialization, is_1_5: false, content_type: None }
    }

    #[test]
    fn a_failure_is_a_document_of_its_own() {
        insta::assert_snapshot!(String::from_utf8(error_document("UsageFault: <BAND>")).unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
        <RESOURCE type="results">
        <INFO name="QUERY_STATUS" value="ERROR">UsageFault: &lt;BAND&gt;</INFO>
        </RESOURCE></VOTABLE>
        "#);
    }

    #[test]
    fn results_come_before_descriptors_and_status_before_everything() {
        let mut document = VotableWriter::new(&format(Serialization::TableData));
        document.info("QUERY_STATUS", "OK", "");
        document.systems();
        document.begin_table(&FIELDS);
        document.row(&FIELDS, &[Value::Text("a&b".into()), Value::Null]);
        document.end_table();
        document.descriptor(&ServiceDescriptor {
            role: Role::Service,
            id: "soda-1".into(),
            name: "cutout",
            description: "Cut.".into(),
            access_url: "http://h/sync".into(),
            standard_id: "ivo://ivoa.net/std/SODA#sync-1.0",
            content_type: "",
            example_url: None,
            inputs: vec![
                Param::input("ID", Datatype::Text, "meta.id").from_column("primaryID"),
                Param::input("BAND", Datatype::DoubleArray(2), "em.wl")
                    .unit("m")
                    .xtype("interval")
                    .values(Values::Between("1".into(), "2".into())),
            ],
        });
        insta::assert_snapshot!(String::from_utf8(document.finish()).unwrap());
    }

    #[test]
    fn packed_rows_are_base64_in_a_stream() {
        let mut document = VotableWriter::new(&format(Serialization::Binary2));
        document.begin_table(&FIELDS);
        document.row(&FIELDS, &[Value::Text("a".into()), Value::Double(1.0)]);
        document.end_table();
        let text = String::from_utf8(document.finish()).unwrap();
        assert!(
            text.contains("<BINARY2><STREAM encoding=\"base64\">\nAAAAAAFhP/AAAAAAAAA=</STREAM></BINARY2>"),
            "{text}"
        );
    }
}
