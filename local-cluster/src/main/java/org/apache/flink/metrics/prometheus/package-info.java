/** The Prometheus reporter of a local Flink cluster. */
@org.jspecify.annotations.NullMarked
package org.apache.flink.metrics.prometheus;
