/** The Avro records, their serializers over the schema registry, and the catalogue of topics. */
@NullMarked
package io.kiln.schemas;

import org.jspecify.annotations.NullMarked;
