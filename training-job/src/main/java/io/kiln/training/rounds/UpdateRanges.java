package io.kiln.training.rounds;

import io.kiln.schemas.Update;
import io.kiln.schemas.UpdateRange;
import io.kiln.training.checkpoints.SeenByWeights;
import io.kiln.training.state.SeenOffsets;
import java.util.List;

/** What a trainer has seen of the topics, as its announcements say it. */
final class UpdateRanges {
    private UpdateRanges() {}

    /** The ranges of one trainer. */
    static List<UpdateRange> of(SeenOffsets seen) {
        return seen.toRecords().stream()
                .map(
                        range ->
                                new UpdateRange(
                                        range.getTopic(),
                                        range.getPartition(),
                                        range.getFirst(),
                                        range.getLast()))
                .toList();
    }

    /** What all trainers of a round have seen together. */
    static SeenByWeights seen(List<Update> updates) {
        SeenOffsets seen = new SeenOffsets();
        for (Update update : updates) {
            for (UpdateRange range : update.getOffsets()) {
                seen.add(range.getTopic(), range.getPartition(), range.getFirst(), range.getLast());
            }
        }
        return new SeenByWeights(
                seen.toRecords(), updates.stream().mapToLong(Update::getSamplesSeen).sum());
    }
}
