/** The demo: the whole pipeline on one machine. Begin with {@link io.kiln.demo.Demo}. */
@NullMarked
package io.kiln.demo;

import org.jspecify.annotations.NullMarked;
