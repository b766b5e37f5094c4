package io.kiln.evaluation.job;

import io.kiln.config.EvaluationConfig;
import io.kiln.evaluation.images.AnchorKey;
import io.kiln.evaluation.images.EraImages;
import io.kiln.evaluation.images.ImageKind;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.SparseBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.jspecify.annotations.Nullable;

/** The two sets of held-out images, in Flink's keyed state. There is one key. */
final class ImageSets {
    private final int mostAnchors;
    private final int mostRecent;
    private final JobRecords<SparseBatch> records;
    private final MapState<Long, KafkaInput> anchors;
    private final MapState<Long, KafkaInput> recent;
    private final ValueState<Long> arrived;

    /** The highest key an anchor may have: all ids that have come with such keys are anchors. */
    private final ValueState<Long> highestKey;

    private final Eras eras;
    private @Nullable TreeSet<Long> anchorKeys;

    ImageSets(EvaluationConfig config, JobRecords<SparseBatch> records, RuntimeContext context) {
        this.mostAnchors = config.anchors();
        this.mostRecent = config.recent();
        this.records = records;
        this.anchors = context.getMapState(images("anchors"));
        this.recent = context.getMapState(images("recent"));
        this.eras = new Eras(config, records, context);
        this.arrived = context.getState(new ValueStateDescriptor<>("arrived", Types.LONG));
        this.highestKey =
                context.getState(new ValueStateDescriptor<>("anchors-highest-key", Types.LONG));
    }

    private static MapStateDescriptor<Long, KafkaInput> images(String name) {
        return new MapStateDescriptor<>(name, Types.LONG, TypeInformation.of(KafkaInput.class));
    }

    /**
     * Adds an image to the recent ones, and to the anchors if its key is among the lowest. The
     * oldest, and the anchor with the highest key, make room. From then on no key as high as that
     * becomes an anchor, even if more of them are configured later: older images with such keys are
     * gone. An anchor that comes again takes its own place if it is of another kind now; otherwise
     * the first one stays.
     *
     * @param record the image
     * @param image its record in the wire format
     */
    void add(SparseBatch record, KafkaInput image) throws Exception {
        String imageId = record.getImages().get(0).getImageId();
        Long before = arrived.value();
        long number = before == null ? 0 : before;
        arrived.update(number + 1);
        recent.put(number, image);
        eras.add(imageId, image);
        for (long old = number - mostRecent; old >= 0 && recent.contains(old); old--) {
            recent.remove(old);
        }
        addAnchor(AnchorKey.of(imageId), record, image, number);
    }

    private void addAnchor(long key, SparseBatch record, KafkaInput image, long before)
            throws Exception {
        TreeSet<Long> keys = anchorKeys();
        long highest = highestKey(keys, before);
        if (keys.contains(key)) {
            SparseBatch first = records.read(anchors.get(key).value());
            if (!ImageKind.of(first).equals(ImageKind.of(record))) {
                anchors.put(key, image);
            }
        } else if (key <= highest) {
            keys.add(key);
            anchors.put(key, image);
        }
        while (keys.size() > mostAnchors) {
            long left = keys.last();
            keys.remove(left);
            anchors.remove(left);
            highest = left - 1;
        }
        highestKey.update(highest);
    }

    /**
     * A state of an older Kiln does not tell it. If each image that came is an anchor, none has
     * made room; otherwise those with keys up to the highest one are certainly all there.
     */
    private long highestKey(TreeSet<Long> keys, long before) throws Exception {
        Long known = highestKey.value();
        if (known != null) {
            return known;
        }
        return keys.size() == before ? Long.MAX_VALUE : keys.last();
    }

    private TreeSet<Long> anchorKeys() throws Exception {
        if (anchorKeys == null) {
            anchorKeys = new TreeSet<>();
            for (long key : anchors.keys()) {
                anchorKeys.add(key);
            }
        }
        return anchorKeys;
    }

    /** Whether no image has come yet. */
    boolean isEmpty() throws Exception {
        return arrived.value() == null;
    }

    /** The anchors, by their keys. */
    List<SparseBatch> anchors() throws Exception {
        List<SparseBatch> all = new ArrayList<>();
        for (long key : anchorKeys()) {
            all.add(records.read(anchors.get(key).value()));
        }
        return all;
    }

    /** Samples of the eras that are over. */
    List<EraImages> eras() throws Exception {
        return eras.over();
    }

    /** The recent images, oldest first. */
    List<SparseBatch> recent() throws Exception {
        TreeSet<Long> numbers = new TreeSet<>();
        for (long number : recent.keys()) {
            numbers.add(number);
        }
        List<SparseBatch> all = new ArrayList<>();
        for (long number : numbers) {
            all.add(records.read(recent.get(number).value()));
        }
        return all;
    }
}
