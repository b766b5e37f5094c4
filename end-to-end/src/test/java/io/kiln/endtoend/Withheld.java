package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Grant;
import io.kiln.kafka.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/** The grants of a part but for one operation, and this operation. */
record Withheld(List<Grant> others, Grant one) {
    static Withheld of(Part part, String resource, AclOperation operation, KilnConfig config) {
        List<Grant> others = new ArrayList<>();
        List<Grant> missing = new ArrayList<>();
        for (Grant grant : part.grants(config.topics())) {
            List<AclOperation> kept = new ArrayList<>(grant.operations());
            if (grant.name().equals(resource) && kept.remove(operation)) {
                missing.add(with(grant, List.of(operation)));
            }
            others.add(with(grant, kept));
        }
        assertThat(missing).as("%s of %s", operation, resource).hasSize(1);
        return new Withheld(others, missing.get(0));
    }

    private static Grant with(Grant grant, List<AclOperation> operations) {
        return new Grant(grant.type(), grant.name(), grant.prefixed(), Set.copyOf(operations));
    }
}
