/* The user and group schemas as Genesys Cloud keeps them: no name, no addresses, no entitlements.
 */
#include <config.h>
#include "schema.h"

#define END                                                                                        \
  {                                                                                                \
    NULL, TYPE_STRING, 0, NULL, NULL, NULL                                                         \
  }

static const struct attribute meta_subs[] = {
    {"resourceType", TYPE_STRING, READ_ONLY | EXACT, "The kind of resource.", NULL, NULL},
    {"lastModified", TYPE_DATE_TIME, READ_ONLY, "When the resource was last changed.", NULL, NULL},
    {"location", TYPE_REFERENCE, READ_ONLY | EXACT, "Where the resource is.", NULL, "uri"},
    {"version", TYPE_STRING, READ_ONLY | EXACT, "The version, equal to the ETag without quotes.",
     NULL, NULL},
    END};

const struct attribute common_attributes[] = {
    {"id", TYPE_STRING, READ_ONLY | EXACT | ALWAYS | UNIQUE, "The service's id.", NULL, NULL},
    {"externalId", TYPE_STRING, EXACT, "The client's id.", NULL, NULL},
    {"meta", TYPE_COMPLEX, READ_ONLY, "Data about the resource.", meta_subs, NULL},
    {"schemas", TYPE_STRING, MULTI | EXACT, "The schemas in use.", NULL, NULL},
    END};

static const struct attribute email_subs[] = {
    {"value", TYPE_STRING, 0, "The address.", NULL, NULL},
    {"type", TYPE_STRING, 0, "Of type other: the main address, equal to userName.", NULL,
     "work other"},
    {"primary", TYPE_BOOLEAN, 0, "Whether this is the preferred address.", NULL, NULL},
    END};

static const struct attribute phone_subs[] = {
    {"value", TYPE_STRING, 0, "The number: E.164, or a tel URI with an extension.", NULL, NULL},
    {"type", TYPE_STRING, 0, "What the number is for.", NULL,
     "work work2 work3 work4 home mobile other microsoftteams zoomphone eightbyeight ringcentral"},
    {"primary", TYPE_BOOLEAN, 0, "Whether this is the preferred number.", NULL, NULL},
    END};

static const struct attribute role_subs[] = {
    {"value", TYPE_STRING, 0, "The name of an existing role.", NULL, NULL}, END};

static const struct attribute membership_subs[] = {
    {"value", TYPE_STRING, READ_ONLY | EXACT, "The id of the group.", NULL, NULL},
    {"type", TYPE_STRING, READ_ONLY, "How the user is a member.", NULL, "direct indirect"},
    {"$ref", TYPE_REFERENCE, READ_ONLY | EXACT, "Where the group is.", NULL, "Group"},
    END};

static const struct attribute user_attributes[] = {
    {"userName", TYPE_STRING, REQUIRED | ALWAYS | UNIQUE, "The user's main e-mail address.", NULL,
     NULL},
    {"displayName", TYPE_STRING, REQUIRED, "The user's name.", NULL, NULL},
    {"active", TYPE_BOOLEAN, ALWAYS, "Whether the user can log in.", NULL, NULL},
    {"password", TYPE_STRING, WRITE_ONLY | EXACT, "A new password.", NULL, NULL},
    {"title", TYPE_STRING, 0, "The user's job title.", NULL, NULL},
    {"emails", TYPE_COMPLEX, MULTI, "E-mail addresses, at most one of each type.", email_subs,
     NULL},
    {"phoneNumbers", TYPE_COMPLEX, MULTI, "Telephone numbers, at most one of each type.",
     phone_subs, NULL},
    {"roles", TYPE_COMPLEX, MULTI, "Roles by name.", role_subs, NULL},
    {"groups", TYPE_COMPLEX, MULTI | READ_ONLY, "Groups that the user is in.", membership_subs,
     NULL},
    END};

static const struct attribute manager_subs[] = {
    {"value", TYPE_STRING, EXACT, "The id of the manager.", NULL, NULL},
    {"$ref", TYPE_REFERENCE, READ_ONLY | EXACT, "Where the manager is.", NULL, "User"},
    END};

static const struct attribute enterprise_attributes[] = {
    {"division", TYPE_STRING, 0, "The name of an existing division.", NULL, NULL},
    {"department", TYPE_STRING, 0, "The department.", NULL, NULL},
    {"manager", TYPE_COMPLEX, 0, "The user's manager.", manager_subs, NULL},
    {"employeeNumber", TYPE_STRING, 0, "The employee number.", NULL, NULL},
    {"dateHire", TYPE_STRING, 0, "When the user was hired, as YYYY-MM-DD.", NULL, NULL},
    END};

static const struct attribute skill_subs[] = {
    {"name", TYPE_STRING, REQUIRED | EXACT, "The name of an existing skill or language.", NULL,
     NULL},
    {"proficiency", TYPE_DECIMAL, 0, "0.0 to 5.0.", NULL, NULL},
    END};

static const struct attribute external_subs[] = {
    {"authority", TYPE_STRING, REQUIRED | EXACT, "Whose id this is.", NULL, NULL},
    {"value", TYPE_STRING, REQUIRED | EXACT, "The id, unique for its authority.", NULL, NULL},
    END};

static const struct attribute genesys_attributes[] = {
    {"routingSkills", TYPE_COMPLEX, MULTI, "Skills, at most 50.", skill_subs, NULL},
    {"routingLanguages", TYPE_COMPLEX, MULTI, "Languages, at most 50.", skill_subs, NULL},
    {"externalIds", TYPE_COMPLEX, MULTI, "Ids of other systems.", external_subs, NULL},
    END};

static const struct attribute member_subs[] = {
    {"value", TYPE_STRING, IMMUTABLE | EXACT, "The id of the member.", NULL, NULL},
    {"type", TYPE_STRING, IMMUTABLE, "The kind of member.", NULL, "User Group"},
    {"$ref", TYPE_REFERENCE, IMMUTABLE | EXACT, "Where the member is.", NULL, "User Group"},
    END};

static const struct attribute group_attributes[] = {
    {"displayName", TYPE_STRING, REQUIRED, "The group's name.", NULL, NULL},
    {"members", TYPE_COMPLEX, MULTI, "The members.", member_subs, NULL},
    END};

static const struct schema user_schema = {URN_USER, "User", "User account", user_attributes};
static const struct schema group_schema = {URN_GROUP, "Group", "Group", group_attributes};
static const struct schema enterprise_schema = {URN_ENTERPRISE, "EnterpriseUser", "Enterprise user",
                                                enterprise_attributes};
static const struct schema genesys_schema = {
    URN_GENESYS, "GenesysUser", "What Genesys Cloud adds to a user", genesys_attributes};

const struct resource_type user_type = {
    "User", "/users", "User account", &user_schema, {&enterprise_schema, &genesys_schema, NULL}};
const struct resource_type group_type = {
    "Group", "/groups", "Group", &group_schema, {NULL, NULL, NULL}};

extern const struct schema service_schema, type_schema, schema_schema;
const struct schema *const all_schemas[] = {
    &user_schema,    &group_schema, &enterprise_schema, &genesys_schema,
    &service_schema, &type_schema,  &schema_schema,     NULL};
