// What libav hides in macros or changes between versions 5.1 and 8. No decisions here.
#pragma once
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>
#include <libavutil/video_enc_params.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Loads libavformat and what it needs, once: null, or why it cannot be. What is called of it stands in functions.c.
const char *libav_load(void);
// The same on a thread of its own, without waiting for it.
void libav_load_ahead(void);
// The name that it is loaded by.
const char *libav_library_name(void);

// Function-like macros and casts are not imported.
static inline int libav_error_eof(void) { return AVERROR_EOF; }
static inline int libav_error(int code) { return AVERROR(code); }
static inline int64_t libav_no_time(void) { return AV_NOPTS_VALUE; }
static inline uint32_t libav_tag(char a, char b, char c, char d) { return MKTAG(a, b, c, d); }

// The write callback takes `uint8_t *` up to libavformat 60 and `const uint8_t *` from 61.
typedef int (*libav_write_function)(void *opaque, const uint8_t *bytes, int count);
static inline AVIOContext *libav_alloc_output(int capacity, void *opaque, libav_write_function write) {
    unsigned char *buffer = (unsigned char *)av_malloc((size_t)capacity);
    if (!buffer) return NULL;
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    AVIOContext *io = avio_alloc_context(buffer, capacity, 1, opaque, NULL, write, NULL);
#else
    AVIOContext *io =
        avio_alloc_context(buffer, capacity, 1, opaque, NULL, (int (*)(void *, uint8_t *, int))write, NULL);
#endif
    if (!io) av_free(buffer);
    return io;
}
static inline void libav_free_output(AVIOContext *io) {
    if (!io) return;
    av_freep(&io->buffer);  // libav may have replaced the buffer it was given
    avio_context_free(&io);
}

// Bytes lent to libav for the length of one call: no reference is taken, so whoever keeps them copies them.
static inline void libav_lend(AVPacket *packet, const void *bytes, int count) {
    packet->data = (uint8_t *)bytes;
    packet->size = count;
}
static inline void libav_end_loan(AVPacket *packet) {
    packet->data = NULL;
    packet->size = 0;
}

// Extradata must come from libav's allocator and be followed by zeroed padding.
static inline int libav_set_extradata(AVCodecParameters *parameters, const void *bytes, int count) {
    av_freep(&parameters->extradata);
    parameters->extradata_size = 0;
    if (count <= 0) return 0;
    parameters->extradata = (uint8_t *)av_mallocz((size_t)count + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!parameters->extradata) return AVERROR(ENOMEM);
    memcpy(parameters->extradata, bytes, (size_t)count);
    parameters->extradata_size = count;
    return 0;
}

// Arrays in structs are imported as tuples.
static inline const uint8_t *libav_plane(const AVFrame *frame, int plane) { return frame->data[plane]; }
static inline int libav_line_size(const AVFrame *frame, int plane) { return frame->linesize[plane]; }
static inline const uint8_t *libav_channel(const AVFrame *frame, int channel) { return frame->extended_data[channel]; }
static inline AVComponentDescriptor libav_component(const AVPixFmtDescriptor *format, int component) {
    return format->comp[component];
}

// How coarsely the blocks of an H.264 picture are coded, where the decoder tells it, and how many blocks there are. libav's own
// function for one of them cannot be had here, because it logs.
static inline const AVVideoEncParams *libav_coding(const AVFrame *frame) {
    const AVFrameSideData *data = av_frame_get_side_data(frame, AV_FRAME_DATA_VIDEO_ENC_PARAMS);
    const AVVideoEncParams *coding = data ? (const AVVideoEncParams *)data->data : NULL;
    return coding && coding->type == AV_VIDEO_ENC_PARAMS_H264 ? coding : NULL;
}
static inline AVVideoBlockParams libav_block(const AVVideoEncParams *coding, unsigned index) {
    return *(const AVVideoBlockParams *)((const uint8_t *)coding + coding->blocks_offset + index * coding->block_size);
}

// av_log's callback takes a va_list, which Swift sees differently on each architecture, and no opaque pointer. The place
// of the handler is static in a function because Swift does not emit variables that a header defines; only one Swift
// file may use these, so that there is only one place.
typedef void (*libav_log_handler)(int level, const char *component, const char *line);
static inline libav_log_handler *libav_log_place(void) {
    static libav_log_handler place;
    return &place;
}
static inline void libav_log_trampoline(void *context, int level, const char *format, va_list arguments) {
    if ((level & 0xff) > av_log_get_level()) return;
    libav_log_handler handler = __atomic_load_n(libav_log_place(), __ATOMIC_ACQUIRE);
    if (!handler) return;
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    const AVClass *type = context ? *(const AVClass **)context : NULL;
    handler(level & 0xff, type && type->item_name ? type->item_name(context) : "libav", line);
}
static inline void libav_install_log_handler(libav_log_handler handler, int level) {
    av_log_set_level(level);
    __atomic_store_n(libav_log_place(), handler, __ATOMIC_RELEASE);
    av_log_set_callback(libav_log_trampoline);
}
static inline void libav_log_plain(int level, const char *line) { av_log(NULL, level, "%s", line); }
