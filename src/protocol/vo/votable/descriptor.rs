//! Service descriptors (DataLink 1.1 §4): how to call a service, as a resource of a VOTable.

use super::field::Datatype;
use crate::protocol::vo::xml::XmlWriter;

/// What a parameter's value may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Values {
    /// Not said.
    #[default]
    Any,
    /// No more than this: the largest shape.
    Max(String),
    /// From one to another.
    Between(String, String),
    /// One of these.
    Options(Vec<String>),
}

/// A parameter, of the descriptor itself or of the service.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Param {
    name: String,
    datatype: Datatype,
    value: String,
    unit: &'static str,
    ucd: &'static str,
    xtype: &'static str,
    reference: &'static str,
    description: &'static str,
    values: Values,
}

impl Param {
    /// A text with a fixed value.
    pub fn fixed(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::input(name, Datatype::Text, "") }
    }

    /// A value the user chooses.
    pub fn input(name: impl Into<String>, datatype: Datatype, ucd: &'static str) -> Self {
        Self {
            name: name.into(),
            datatype,
            value: String::new(),
            unit: "",
            ucd,
            xtype: "",
            reference: "",
            description: "",
            values: Values::Any,
        }
    }

    /// The same with a fixed value.
    pub fn value(self, value: String) -> Self {
        Self { value, ..self }
    }

    /// The same in a unit.
    pub fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The same with a content descriptor.
    pub fn ucd(self, ucd: &'static str) -> Self {
        Self { ucd, ..self }
    }

    /// The same with an extended type.
    pub fn xtype(self, xtype: &'static str) -> Self {
        Self { xtype, ..self }
    }

    /// The same, its value taken from a column.
    pub fn from_column(self, reference: &'static str) -> Self {
        Self { reference, ..self }
    }

    /// The same with a description.
    pub fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// The same with what its value may be.
    pub fn values(self, values: Values) -> Self {
        Self { values, ..self }
    }

    fn write(&self, xml: &mut XmlWriter) {
        let (datatype, arraysize) = self.datatype.attributes();
        let mut attributes = vec![("name", self.name.as_str())];
        for (name, value) in [("ucd", self.ucd), ("unit", self.unit)] {
            if !value.is_empty() {
                attributes.push((name, value));
            }
        }
        attributes.push(("datatype", datatype));
        attributes.extend(arraysize.as_deref().map(|size| ("arraysize", size)));
        for (name, value) in [("xtype", self.xtype), ("ref", self.reference)] {
            if !value.is_empty() {
                attributes.push((name, value));
            }
        }
        attributes.push(("value", &self.value));
        if self.description.is_empty() && self.values == Values::Any {
            xml.empty("PARAM", &attributes);
        } else {
            xml.open("PARAM", &attributes);
            if !self.description.is_empty() {
                xml.leaf("DESCRIPTION", &[], self.description);
            }
            self.write_values(xml);
            xml.close();
        }
        xml.line();
    }

    fn write_values(&self, xml: &mut XmlWriter) {
        match &self.values {
            Values::Any => {}
            Values::Max(max) => {
                xml.open("VALUES", &[]);
                xml.empty("MAX", &[("value", max)]);
                xml.close();
            }
            Values::Between(min, max) => {
                xml.open("VALUES", &[]);
                xml.empty("MIN", &[("value", min)]);
                xml.empty("MAX", &[("value", max)]);
                xml.close();
            }
            Values::Options(options) => {
                xml.open("VALUES", &[]);
                for option in options {
                    xml.empty("OPTION", &[("value", option)]);
                }
                xml.close();
            }
        }
    }
}

/// Which service a descriptor is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One that takes values of the answer.
    Service,
    /// The one that gave the answer (DataLink 1.1 §4.4).
    This,
}

/// How to call one service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceDescriptor {
    /// Which service it is of.
    pub role: Role,
    /// What rows of `service_def` refer to; empty when none does. Must begin with a letter.
    pub id: String,
    /// Name.
    pub name: &'static str,
    /// One sentence.
    pub description: String,
    /// Where the service is.
    pub access_url: String,
    /// The standard it follows; empty for none.
    pub standard_id: &'static str,
    /// Media type of its answers; empty when it depends.
    pub content_type: &'static str,
    /// A call that works, if one is known.
    pub example_url: Option<String>,
    /// What it takes.
    pub inputs: Vec<Param>,
}

impl ServiceDescriptor {
    /// Writes the resource; it belongs beside the results, not into them, where clients would not look.
    pub fn write(&self, xml: &mut XmlWriter) {
        let utype = match self.role {
            Role::Service => "adhoc:service",
            Role::This => "adhoc:this",
        };
        let mut attributes = vec![("type", "meta"), ("utype", utype), ("name", self.name)];
        if !self.id.is_empty() {
            attributes.push(("ID", &self.id));
        }
        xml.open("RESOURCE", &attributes);
        xml.line();
        xml.leaf("DESCRIPTION", &[], &self.description);
        xml.line();
        let own = [
            ("standardID", Some(self.standard_id)),
            ("accessURL", Some(self.access_url.as_str())),
            ("contentType", Some(self.content_type)),
            ("exampleURL", self.example_url.as_deref()),
        ];
        for (name, value) in own {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                Param::fixed(name, value).write(xml);
            }
        }
        xml.open("GROUP", &[("name", "inputParams")]);
        xml.line();
        for input in &self.inputs {
            input.write(xml);
        }
        xml.close();
        xml.line();
        xml.close();
        xml.line();
    }
}
