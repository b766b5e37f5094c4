package io.kiln.kafka;

import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;

/**
 * What a part may do with resources of a broker.
 *
 * @param type of the resources
 * @param name of the resource, or what the names of several begin with
 * @param prefixed whether the name is a prefix
 * @param operations that are allowed; to read or to write includes to describe
 */
public record Grant(
        ResourceType type, String name, boolean prefixed, Set<AclOperation> operations) {
    public Grant {
        operations = Set.copyOf(operations);
    }

    /** Of a topic. */
    public static Grant topic(String name, AclOperation... operations) {
        return new Grant(ResourceType.TOPIC, name, false, Set.of(operations));
    }

    static Grant groups(String prefix, AclOperation operation) {
        return new Grant(ResourceType.GROUP, prefix, true, Set.of(operation));
    }

    static Grant transactions(String prefix) {
        return new Grant(ResourceType.TRANSACTIONAL_ID, prefix, true, Set.of(AclOperation.WRITE));
    }

    /** How the name is compared. */
    public PatternType pattern() {
        return prefixed ? PatternType.PREFIXED : PatternType.LITERAL;
    }

    /** The operations, in a fixed order. */
    public Set<AclOperation> sortedOperations() {
        return new TreeSet<>(operations);
    }
}
