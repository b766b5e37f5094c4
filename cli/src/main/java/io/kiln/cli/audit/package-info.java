/**
 * The checker of Kiln's guarantees: reads what a deployment has committed and says what is lost,
 * doubled or unexplained. It writes nothing.
 */
@NullMarked
package io.kiln.cli.audit;

import org.jspecify.annotations.NullMarked;
