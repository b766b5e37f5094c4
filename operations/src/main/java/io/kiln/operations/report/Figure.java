package io.kiln.operations.report;

/**
 * One key figure of a report.
 *
 * @param value the value as text
 * @param label what the value is
 */
public record Figure(String value, String label) {}
