/*
 * guid.h - GUIDs as text, with which Microsoft's clients and services number
 * their requests.
 */
#ifndef SIM_AIK_GUID_H
#define SIM_AIK_GUID_H

#define GUID_TEXT_SIZE 37 /* with its NUL */

/* A random one, RFC 9562 5.4. -1 without random bytes, and then out is "". */
int guid_make(char out[static GUID_TEXT_SIZE]);

#endif
