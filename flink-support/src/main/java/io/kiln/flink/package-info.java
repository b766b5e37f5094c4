/** What both jobs share: how they run, and how they read and write Kafka. */
@NullMarked
package io.kiln.flink;

import org.jspecify.annotations.NullMarked;
