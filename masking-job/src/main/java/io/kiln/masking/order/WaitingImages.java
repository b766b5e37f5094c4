package io.kiln.masking.order;

import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.BatchSettings;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;

/**
 * State that goes with the images of a partition that wait in an operator.
 *
 * @param images how many wait
 * @param last position of the image that arrived last
 * @param lastArrival when it arrived, in milliseconds of processing time
 * @param timer when the idle timer is due, in milliseconds of processing time; 0 if none is set
 * @param settings under which the images were masked
 */
public record WaitingImages(
        int images, Position last, long lastArrival, long timer, BatchSettings settings) {

    /** Flink's state of this kind, by partition. */
    static ValueStateDescriptor<WaitingImages> state() {
        return new ValueStateDescriptor<>("waiting", TypeInformation.of(WaitingImages.class));
    }

    WaitingImages withTimer(long due) {
        return new WaitingImages(images, last, lastArrival, due, settings);
    }

    WaitingImages sent() {
        return new WaitingImages(0, last, lastArrival, timer, settings);
    }

    /**
     * Checks that images which arrive now may join those that wait.
     *
     * @param now settings under which they were masked
     * @throws IllegalStateException if the settings differ; the message names the keys that changed
     */
    void requireSame(BatchSettings now) {
        if (images > 0 && !settings.equals(now)) {
            throw new IllegalStateException(
                    "the state holds "
                            + images
                            + " images of "
                            + last.topic()
                            + "-"
                            + last.partition()
                            + " that were masked under other settings: "
                            + String.join(", ", settings.changesTo(now))
                            + "; go on with the old settings, stop with --drain, and go on from that savepoint"
                            + " with the new ones");
        }
    }
}
