/* version: of the program; shown by --version, `hello` and reports. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define UBG_VERSION "0.1"

#endif
