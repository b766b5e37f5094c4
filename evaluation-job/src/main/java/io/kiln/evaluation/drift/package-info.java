/** Whether the images that come are still like those before: statistics, detectors. */
@NullMarked
package io.kiln.evaluation.drift;

import org.jspecify.annotations.NullMarked;
