package io.kiln.operations.status;

/**
 * Something that is wrong with a run.
 *
 * @param what is wrong, in a line
 * @param advice what to do
 */
public record Problem(String what, String advice) {}
