/** The configuration: one YAML file, bound to records that validate themselves. */
@NullMarked
package io.kiln.config;

import org.jspecify.annotations.NullMarked;
