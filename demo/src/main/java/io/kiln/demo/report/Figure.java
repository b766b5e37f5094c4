package io.kiln.demo.report;

/**
 * One number of a report.
 *
 * @param value as it is read
 * @param label what it is
 */
public record Figure(String value, String label) {}
