/* The schemas of the service's own documents (RFC 7643 section 8.7.2), all read only. */
#include <config.h>
#include "schema.h"

#define END                                                                                        \
  {                                                                                                \
    NULL, TYPE_STRING, 0, NULL, NULL, NULL                                                         \
  }
#define TEXT(name, words)                                                                          \
  {                                                                                                \
    name, TYPE_STRING, READ_ONLY, words, NULL, NULL                                                \
  }
#define FLAG(name, words)                                                                          \
  {                                                                                                \
    name, TYPE_BOOLEAN, READ_ONLY | REQUIRED, words, NULL, NULL                                    \
  }
#define COUNT(name, words)                                                                         \
  {                                                                                                \
    name, TYPE_INTEGER, READ_ONLY | REQUIRED, words, NULL, NULL                                    \
  }
#define LINK(name, words)                                                                          \
  {                                                                                                \
    name, TYPE_REFERENCE, READ_ONLY | EXACT, words, NULL, "uri"                                    \
  }
#define PART(name, subs, words)                                                                    \
  {                                                                                                \
    name, TYPE_COMPLEX, READ_ONLY | REQUIRED, words, subs, NULL                                    \
  }
#define PARTS(name, subs, words)                                                                   \
  {                                                                                                \
    name, TYPE_COMPLEX, READ_ONLY | MULTI, words, subs, NULL                                       \
  }

extern const struct schema service_schema, type_schema, schema_schema;

static const struct attribute supported_subs[] = {FLAG ("supported", "Whether it is offered."),
                                                  END};
static const struct attribute bulk_subs[] = {
    FLAG ("supported", "Whether it is offered."),
    COUNT ("maxOperations", "Most operations in a request."),
    COUNT ("maxPayloadSize", "Most bytes in a request."),
    END,
};
static const struct attribute filter_subs[] = {
    FLAG ("supported", "Whether it is offered."),
    COUNT ("maxResults", "Most resources in a reply."),
    END,
};
static const struct attribute scheme_subs[] = {
    TEXT ("type", "The kind of authentication."), TEXT ("name", "Its name."),
    TEXT ("description", "What it is."),          LINK ("specUri", "Its specification."),
    LINK ("documentationUri", "How to use it."),  END,
};
static const struct attribute service_attributes[] = {
    LINK ("documentationUri", "The service's documentation."),
    PART ("patch", supported_subs, "PATCH."),
    PART ("bulk", bulk_subs, "Bulk requests."),
    PART ("filter", filter_subs, "Filters."),
    PART ("changePassword", supported_subs, "Changing a password."),
    PART ("sort", supported_subs, "Sorting."),
    PART ("etag", supported_subs, "Versions."),
    PARTS ("authenticationSchemes", scheme_subs, "How a client proves who it is."),
    END,
};

static const struct attribute extension_subs[] = {
    LINK ("schema", "The URN of the extension."),
    FLAG ("required", "Whether every resource has it."),
    END,
};
static const struct attribute type_attributes[] = {
    TEXT ("id", "The id of the resource type."),
    TEXT ("name", "Its name."),
    TEXT ("description", "What it is."),
    LINK ("endpoint", "Its path below the base."),
    LINK ("schema", "The URN of its schema."),
    PARTS ("schemaExtensions", extension_subs, "Its extensions."),
    END,
};

#define DEFINITION                                                                                 \
  TEXT ("name", "The attribute's name."), TEXT ("type", "Its type."),                              \
      FLAG ("multiValued", "Whether it is a list."), TEXT ("description", "What it is."),          \
      FLAG ("required", "Whether it must be there."),                                              \
      {"canonicalValues", TYPE_STRING, READ_ONLY | MULTI, "Usual values.", NULL, NULL},            \
      FLAG ("caseExact", "Whether case matters."), TEXT ("mutability", "Who may set it."),         \
      TEXT ("returned", "When it is returned."), TEXT ("uniqueness", "Whether it is unique."),     \
  {                                                                                                \
    "referenceTypes", TYPE_STRING, READ_ONLY | MULTI, "What it refers to.", NULL, NULL             \
  }

static const struct attribute sub_definition[] = {DEFINITION, END};
static const struct attribute definition[] = {
    DEFINITION, PARTS ("subAttributes", sub_definition, "Its parts."), END};
static const struct attribute schema_attributes[] = {
    TEXT ("id", "The URN of the schema."),
    TEXT ("name", "Its name."),
    TEXT ("description", "What it is."),
    PARTS ("attributes", definition, "Its attributes."),
    END,
};

const struct schema service_schema = {URN_CORE "ServiceProviderConfig", "ServiceProviderConfig",
                                      "What the service offers", service_attributes};
const struct schema type_schema = {URN_CORE "ResourceType", "ResourceType", "A kind of resource",
                                   type_attributes};
const struct schema schema_schema = {URN_CORE "Schema", "Schema", "A description of attributes",
                                     schema_attributes};
