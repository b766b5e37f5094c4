package io.kiln.operations.status;

/**
 * A disk of this machine.
 *
 * @param folder that lies on it
 * @param free bytes that may still be written
 * @param total bytes that it holds
 */
public record DiskReading(String folder, long free, long total) {}
