//! A row of a links table: what of a dataset leads where.

use crate::protocol::vo::votable::{Datatype, Field, Value};

/// The columns (DataLink 1.1 §3.2).
pub(super) static COLUMNS: [Field; 12] = [
    Field::new("ID", Datatype::Text, "meta.id;meta.main").description("The dataset that was asked for"),
    Field::new("access_url", Datatype::Text, "meta.ref.url").description("Where the linked resource is"),
    Field::new("service_def", Datatype::Text, "meta.ref").description("The descriptor of the linked service"),
    Field::new("error_message", Datatype::Text, "meta.code.error").description("Why there is no link"),
    Field::new("description", Datatype::Text, "meta.note").description("What the link leads to"),
    Field::new("semantics", Datatype::Text, "meta.code").description("What it is to the dataset"),
    Field::new("content_type", Datatype::Text, "meta.code.mime").description("Its media type"),
    Field::new("content_length", Datatype::Long, "phys.size;meta.file").unit("byte").description("Its size"),
    Field::new("content_qualifier", Datatype::Text, "").description("Its kind of product"),
    Field::new("local_semantics", Datatype::Text, "meta.id.assoc")
        .description("Our name for this kind of link"),
    Field::new("link_auth", Datatype::Text, "meta.code").description("Whether it needs credentials"),
    Field::new("link_authorized", Datatype::Boolean, "meta.code").description("Whether yours would do"),
];

/// Where a link leads.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// To a resource.
    Address(String),
    /// To the service of this descriptor.
    Service(String),
    /// Nowhere, and why.
    Failure(String),
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The dataset as the client named it.
    pub(super) id: String,
    pub(super) target: Target,
    pub(super) description: &'static str,
    /// A core term of the vocabulary of DataLink.
    pub(super) semantics: &'static str,
    /// Our name for this kind of link; empty for none.
    pub(super) local_semantics: &'static str,
    pub(super) content_type: Option<&'static str>,
    pub(super) bytes: Option<u64>,
    /// A term of the vocabulary of product types.
    pub(super) qualifier: Option<&'static str>,
    /// Whether credentials are needed to follow it; whoever was told of it has them.
    pub(super) needs_credentials: bool,
}

impl Link {
    /// The row of a dataset there is nothing to say of.
    pub(super) fn failure(id: &str, message: String) -> Self {
        Self {
            id: id.to_owned(),
            target: Target::Failure(message),
            description: "",
            semantics: "#this",
            local_semantics: "",
            content_type: None,
            bytes: None,
            qualifier: None,
            needs_credentials: false,
        }
    }

    /// The cells, in the order of [`COLUMNS`].
    pub(super) fn values(&self) -> [Value<'_>; 12] {
        let (address, service, failure) = match &self.target {
            Target::Address(address) => (Some(address.as_str()), None, None),
            Target::Service(service) => (None, Some(service.as_str()), None),
            Target::Failure(failure) => (None, None, Some(failure.as_str())),
        };
        let unless_empty = |text: &'static str| Value::text(Some(text).filter(|text| !text.is_empty()));
        let is_link = failure.is_none();
        let needs_credentials = if self.needs_credentials { "true" } else { "false" };
        [
            Value::Text(self.id.as_str().into()),
            Value::text(address),
            Value::text(service),
            Value::text(failure),
            unless_empty(self.description),
            Value::Text(self.semantics.into()),
            Value::text(self.content_type),
            Value::integer(self.bytes),
            Value::text(self.qualifier),
            unless_empty(self.local_semantics),
            Value::text(is_link.then_some(needs_credentials)),
            if is_link { Value::Boolean(true) } else { Value::Null },
        ]
    }
}
