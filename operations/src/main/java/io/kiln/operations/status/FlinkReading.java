package io.kiln.operations.status;

/**
 * A Flink cluster.
 *
 * @param address of its REST API
 * @param taskManagers that are registered
 * @param slots of all of them
 * @param freeSlots that no job holds
 */
public record FlinkReading(String address, int taskManagers, int slots, int freeSlots) {}
