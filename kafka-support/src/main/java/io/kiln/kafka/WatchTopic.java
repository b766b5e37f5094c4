package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * Passes records on, and stops the job for good if the topic they come from is another one than
 * before: deleted and made again, or named so by the configuration. Offsets mean other records
 * then: the source would pass over the first ones, or wait for ever. The topic's id is part of the
 * state, and is compared when the job starts and before each checkpoint, so nothing that was read
 * from another topic is ever committed.
 */
public final class WatchTopic<T> extends AbstractStreamOperator<T>
        implements OneInputStreamOperator<T, T> {
    private static final long serialVersionUID = 1L;

    private final KilnConfig config;
    private final String topic;
    private final String advice;
    private transient @Nullable TopicIdentity identity;
    private transient @Nullable ListState<String> state;
    private transient @Nullable String id;

    private WatchTopic(KilnConfig config, String topic, String advice) {
        this.config = config;
        this.topic = topic;
        this.advice = advice;
    }

    /**
     * Adds a watch to a job, in each subtask of these records, which come from the topic.
     *
     * @param advice how to go on with another topic, a sentence
     */
    public static <T> SingleOutputStreamOperator<T> of(
            KilnConfig config, String topic, String advice, SingleOutputStreamOperator<T> records) {
        return records.transform("WatchTopic", records.getType(), on(config, topic, advice))
                .setDescription("stop if the topic " + topic + " is another one than before")
                .uid("watch-topic");
    }

    /** The operator. */
    static <T> WatchTopic<T> on(KilnConfig config, String topic, String advice) {
        return new WatchTopic<>(config, topic, advice);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        identity = new TopicIdentity(config, topic, advice);
        state =
                context.getOperatorStateStore()
                        .getUnionListState(new ListStateDescriptor<>("topic-id", Types.STRING));
        List<String> known = new ArrayList<>();
        state.get().forEach(known::add);
        if (known.isEmpty()) {
            id = identity.current();
        } else {
            identity.require(known.get(0));
            id = known.get(0);
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        initialised(identity).require(initialised(id));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        initialised(state).update(List.of(initialised(id)));
    }

    @Override
    public void processElement(StreamRecord<T> record) {
        output.collect(record);
    }

    private static <V> V initialised(@Nullable V field) {
        return Objects.requireNonNull(field, "initializeState() comes first");
    }

    @Override
    public void close() throws Exception {
        IOUtils.closeQuietly(identity);
        super.close();
    }
}
