/* versions.c: attributes whose change leaves an entry's version as it is.
 *
 * Memberships are kept by the server, not written: slapd's memberof overlay and Active Directory
 * change memberOf without a new entryCSN or uSNChanged, computed attributes are nowhere stored. An
 * inventory that compares versions would never see them. 389 Directory Server gives a new
 * version for memberOf, and not for roles and for what a class of service makes. */
#include "source-ldap.h"

#include <string.h>
#include <strings.h>

struct unversioned {
  const char *name;
  bool ds389; /* there, too */
};

static const struct unversioned list[] = {
  { "memberOf", false },
  { "isMemberOf", true },
  { "nsRole", true },
  { "nsAccountLock", true },
  { "tokenGroups", true },
  { "msDS-User-Account-Control-Computed", true },
  { "msDS-UserPasswordExpiryTimeComputed", true },
  { "entryDN", true },
  { "hasSubordinates", true },
  { "numSubordinates", true },
};

const char *
versions_blind (const struct session *session, const struct syncd_scan_request *request)
{
  for (size_t i = 0; i < request->attribute_count; i++) {
    const char *name = request->attributes[i]->name;
    size_t len = strcspn (name, ";");

    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
      if (strlen (list[k].name) == len && strncasecmp (name, list[k].name, len) == 0 &&
          (list[k].ds389 || session->vendor != VENDOR_389))
        return list[k].name;
  }
  return NULL;
}
