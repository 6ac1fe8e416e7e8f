/*
 * guid.h - GUIDs as text, with which Microsoft's clients and services number
 * their requests.
 */
#ifndef SIM_AIK_GUID_H
#define SIM_AIK_GUID_H

#include <stdint.h>

#define GUID_SIZE      16
#define GUID_TEXT_SIZE 37 /* with its NUL */

/* The one that these octets make, version 4 whatever their bits of it are: RFC
 * 9562 5.4. */
void guid_text(
    const uint8_t octets[static GUID_SIZE], char out[static GUID_TEXT_SIZE]);
/* A random one. -1 without random bytes, and then out is "". */
int guid_make(char out[static GUID_TEXT_SIZE]);

#endif
