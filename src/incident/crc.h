/* The checksum of Boulder's log lines: CRC-32 (IEEE 802.3), in base64url without padding. */
#ifndef CX_INCIDENT_CRC_H
#define CX_INCIDENT_CRC_H

#include "base/span.h"

/* Characters: of four octets, little-endian; before October 2025 of a varint in five octets. */
#define CX_CRC_TEXT     6
#define CX_CRC_TEXT_OLD 7

uint32_t cx_crc32(cx_span octets);
/* Whether text is that checksum in either form, by its length. */
bool cx_crc_is(uint32_t crc, cx_str text);

#endif
