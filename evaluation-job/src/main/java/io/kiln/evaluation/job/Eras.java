package io.kiln.evaluation.job;

import io.kiln.config.EvaluationConfig;
import io.kiln.evaluation.images.AnchorKey;
import io.kiln.evaluation.images.EraImages;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.SparseBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An even sample of the held-out images of each era, in Flink's keyed state with one key. Eras have
 * equal lengths. When there are too many, each two become one, and later ones are as long: so the
 * whole stream stays in view, and the state is bounded. Their length is part of the state: what is
 * configured counts for a state without eras.
 */
final class Eras {
    private static final Logger LOG = LoggerFactory.getLogger(Eras.class);
    private static final int MOST_ERAS = 16;
    private static final int SAMPLE = 32;

    /** Images that the samples of all eras may have. */
    static final int MOST_IMAGES = MOST_ERAS * SAMPLE;

    private final int configured;
    private final JobRecords<SparseBatch> records;

    /** Images by their era, from 0, and their {@link AnchorKey}: the lowest stay. */
    private final MapState<Tuple2<Long, Long>, KafkaInput> images;

    private final ValueState<Long> length;
    private final ValueState<Long> arrived;
    private @Nullable TreeMap<Long, TreeSet<Long>> keys;

    Eras(EvaluationConfig config, JobRecords<SparseBatch> records, RuntimeContext context) {
        this.configured = config.eraImages();
        this.records = records;
        this.images =
                context.getMapState(
                        new MapStateDescriptor<>(
                                "eras",
                                Types.TUPLE(Types.LONG, Types.LONG),
                                TypeInformation.of(KafkaInput.class)));
        this.length = context.getState(new ValueStateDescriptor<>("era-length", Types.LONG));
        this.arrived = context.getState(new ValueStateDescriptor<>("era-images", Types.LONG));
    }

    private long length() throws Exception {
        Long known = length.value();
        return known == null ? configured : known;
    }

    /** Adds the next held-out image. */
    void add(String imageId, KafkaInput image) throws Exception {
        if (configured == 0) {
            return;
        }
        if (length.value() == null) {
            length.update((long) configured);
        }
        long number = Objects.requireNonNullElse(arrived.value(), 0L);
        arrived.update(number + 1);
        if (number / length() >= MOST_ERAS) {
            merge();
        }
        long era = number / length();
        long key = AnchorKey.of(imageId);
        TreeSet<Long> sample = keys().computeIfAbsent(era, e -> new TreeSet<>());
        if (sample.add(key)) {
            images.put(Tuple2.of(era, key), image);
            shrink(era, sample);
        }
    }

    private void shrink(long era, TreeSet<Long> sample) throws Exception {
        while (sample.size() > SAMPLE) {
            images.remove(Tuple2.of(era, Objects.requireNonNull(sample.pollLast())));
        }
    }

    /** Each two eras become one. */
    private void merge() throws Exception {
        TreeMap<Long, TreeSet<Long>> before = keys();
        TreeMap<Long, TreeSet<Long>> merged = new TreeMap<>();
        for (Map.Entry<Long, TreeSet<Long>> one : before.entrySet()) {
            long era = one.getKey() / 2;
            TreeSet<Long> sample = merged.computeIfAbsent(era, e -> new TreeSet<>());
            for (long key : one.getValue()) {
                Tuple2<Long, Long> old = Tuple2.of(one.getKey(), key);
                KafkaInput image = images.get(old);
                images.remove(old);
                sample.add(key);
                images.put(Tuple2.of(era, key), image);
            }
        }
        for (Map.Entry<Long, TreeSet<Long>> one : merged.entrySet()) {
            shrink(one.getKey(), one.getValue());
        }
        keys = merged;
        length.update(2 * length());
    }

    private TreeMap<Long, TreeSet<Long>> keys() throws Exception {
        TreeMap<Long, TreeSet<Long>> known = keys;
        if (known == null) {
            known = new TreeMap<>();
            for (Tuple2<Long, Long> one : images.keys()) {
                known.computeIfAbsent(one.f0, e -> new TreeSet<>()).add(one.f1);
            }
            keys = known;
            warnIfAnother();
        }
        return known;
    }

    /** Lengths are the first one, doubled any number of times. */
    private void warnIfAnother() throws Exception {
        long times = length() / configured;
        if (times * configured != length() || Long.bitCount(times) != 1) {
            LOG.warn(
                    "evaluation.eraImages is {}, but the job's state has eras of {} images, which"
                            + " stay as they are; expected a start without state to change it",
                    configured,
                    length());
        }
    }

    /** The eras that are over, oldest first. */
    List<EraImages> over() throws Exception {
        List<EraImages> all = new ArrayList<>();
        if (configured == 0) {
            return all;
        }
        long count = Objects.requireNonNullElse(arrived.value(), 0L);
        for (Map.Entry<Long, TreeSet<Long>> one : keys().entrySet()) {
            long last = (one.getKey() + 1) * length();
            if (last <= count) {
                List<SparseBatch> sample = new ArrayList<>();
                for (long key : one.getValue()) {
                    sample.add(records.read(images.get(Tuple2.of(one.getKey(), key)).value()));
                }
                all.add(new EraImages(last - length() + 1, last, sample));
            }
        }
        return all;
    }
}
